# `make` prints what there is.
SHELL := /bin/bash
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help run test check bench verify i18n lock format clean core dev web-libraries translations check-python

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: core web-libraries translations ## Install, migrate, seed once, start everything, print the address and the demo logins
	@$(PY) -m shop run

test: dev web-libraries translations ## Install what tests need and run every test (what CI runs)
	@tools/services.sh
	@tools/test.sh

check: dev web-libraries ## Format, lint, types, import contracts, JavaScript
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@npm run --silent check

bench: dev web-libraries translations ## Run the benchmarks and print their tables
	@$(PY) -m bench

bench-%: dev web-libraries translations
	@$(PY) -m bench $*

verify: core ## Check every invariant of stock, orders and money
	@$(PY) -m shop verify

i18n: dev ## Collect strings, merge translations, tell what is missing
	@$(PY) -m tools.i18n

lock: ## Compile requirements/*.in into lock files (needs uv)
	@uv pip compile -q --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/core.in -o requirements/core.txt
	@uv pip compile -q --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/dev.in -o requirements/dev.txt

format: dev ## Format the code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean: ## Remove what was installed and built; data stays
	@rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache

check-python:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vetrina needs Python 3.11 or newer; this is $$(python3 --version)."; exit 2; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { echo "Vetrina needs Node 20 or newer (https://nodejs.org)."; exit 2; }

core: check-python .venv/core.done
dev: check-python .venv/dev.done
web-libraries: static/vendor/manifest.json
translations: shop/core/translations/it/LC_MESSAGES/messages.mo

.venv/core.done: requirements/core.txt
	@test -d .venv || { echo "Making the Python environment …"; python3 -m venv .venv; }
	@test -f .venv/dev.done || { echo "Installing Python packages …"; .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/core.txt; }
	@touch $@

.venv/dev.done: requirements/dev.txt
	@test -d .venv || { echo "Making the Python environment …"; python3 -m venv .venv; }
	@echo "Installing Python packages for development …"
	@.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch .venv/core.done $@

node_modules/.package-lock.json: package-lock.json
	@echo "Installing browser libraries …"
	@npm ci --silent --no-audit --no-fund
	@touch $@

static/vendor/manifest.json: node_modules/.package-lock.json static/vendor.mjs static/icons.txt $(shell find static/css -name '*.css')
	@node static/vendor.mjs

shop/core/translations/it/LC_MESSAGES/messages.mo: $(wildcard shop/core/translations/parts/*.po) tools/i18n.py | .venv/core.done
	@$(PY) -m tools.i18n compile
