#!/usr/bin/env bash
# Every test: JavaScript first because it is quick, then everything that needs no browser on all cores, then the
# browsers and the kills one after another, because they mind when the machine is busy. Arguments go to all runs.
set -euo pipefail
npm test --silent
# Each in a process of its own: Playwright starts once per process, and each has a shop to itself, with its stream unaired.
alone=(tests/browser/test_*.py tests/components/test_styleguide_in_browser.py tests/video/test_player_in_browser.py tests/concurrency/test_kill.py)
.venv/bin/python -m pytest -q -n auto --dist loadfile "${alone[@]/#/--ignore=}" "$@"
STAND_PREPARED=$(mktemp -d)
trap 'rm -rf "$STAND_PREPARED"' EXIT
.venv/bin/python -m tools.stand "$STAND_PREPARED"  # Migrated and seeded once; each shop below starts from a copy.
export STAND_PREPARED
for path in "${alone[@]}"; do
  .venv/bin/python -m pytest -q "$path" "$@"
done
