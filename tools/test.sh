#!/usr/bin/env bash
# Every test: JavaScript first because it is quick, then everything that needs no browser on all cores, then the
# browsers and the kills one after another, because they mind when the machine is busy. Arguments go to both runs.
set -euo pipefail
npm test --silent
slow=(tests/browser tests/components/test_styleguide_in_browser.py tests/concurrency/test_kill.py tests/video/test_player_in_browser.py)
ignored=()
for path in "${slow[@]}"; do [ -e "$path" ] && ignored+=("--ignore=$path"); done
.venv/bin/python -m pytest -q -n auto --dist loadfile "${ignored[@]}" "$@"
present=()
for path in "${slow[@]}"; do [ -e "$path" ] && present+=("$path"); done
.venv/bin/python -m pytest -q "${present[@]}" "$@"
