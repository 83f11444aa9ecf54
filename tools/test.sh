#!/usr/bin/env bash
# Every test, JavaScript first because it is quick. Arguments go to pytest.
set -euo pipefail
npm test --silent
.venv/bin/python -m pytest -q "$@"
