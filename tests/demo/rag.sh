#!/usr/bin/env bash
# From a project's decisions to an index that answers questions, on this machine. `make demo` runs it after `make setup`.
set -euo pipefail
cd "$(dirname "$0")/../.."
show() { printf '\n$ %s\n' "${*@Q}" | sed "s/'\([A-Za-z0-9_./-]*\)'/\1/g"; "$@"; }
export PATH=$PWD/.venv/bin:$PATH

# The documents that any CPython carries stand in for a bucket: s3://python-docs lies in .dac/objects/python-docs.
python=$(images/env.sh rag)/bin/python
PYTHONPATH=images/rag:images:tests/demo "$python" -m corpus_python --out .dac/objects/python-docs

show dac check python-docs
show dac render python-docs
show dac run python-docs/search
show dac search python-docs/search "How do I pause a program and look at its variables?"
show dac search python-docs/search "Which names can I use for variables?"
show dac search python-docs/search "round a number to two decimals when formatting it"
