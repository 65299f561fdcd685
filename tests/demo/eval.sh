#!/usr/bin/env bash
# Evaluates two versions of a model on this machine, and shows that the gate catches the worse one. `make demo-eval` runs
# it, each time from an empty state; the models, which are trained on the spot, are kept for the next time.
set -euo pipefail
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"
images/env.sh eval > /dev/null
PYTHONPATH=images/eval/tests exec "$(images/env.sh eval test)/bin/python" tests/demo/eval.py
