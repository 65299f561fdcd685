#!/usr/bin/env bash
# Measures embedding and training on a GPU in under ten minutes, installing included: tests/bench/gpu.sh [OUT [tiny [CORPORA]]]
#
# With `tiny` everything runs at the smallest shape, on a CPU too: a rehearsal, so that no minute of a GPU goes to a typo.
# For whenever a GPU is available. On a machine without an index, build the two environments beforehand and bring them:
# RAG_PYTHON and TRAIN_PYTHON name their interpreters. OUT (default .dac/gpu) gets gpu_embed.md and .json, train_mfu.txt
# and the card's name; each part ends at its own limit and leaves what it has by then.
set -uo pipefail
cd "$(dirname "$0")/../.."
out=$(mkdir -p "${1:-.dac/gpu}" && cd "${1:-.dac/gpu}" && pwd)
began=$SECONDS
rehearsal=$([ "${2:-}" = tiny ] && echo yes)
[ "$rehearsal" ] || nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv | tee "$out/card.csv" || { echo "$0: no GPU here" >&2; exit 2; }
rag=${RAG_PYTHON:-$(images/env.sh rag test)/bin/python} || exit 1
train=${TRAIN_PYTHON:-$(images/env.sh train test)/bin/python} || exit 1
echo "installed after $((SECONDS - began)) s"
status=0
# What is fast must be right: the CPU's tests of the same code, on this machine's torch.
timeout 60 "$rag" -m pytest -q -p no:cacheprovider images/rag/tests/test_embedder.py > "$out/test_embedder.txt" 2>&1 || status=1
embed=(--seconds 200 ${3:+--corpora "$3"}) mfu=(--shape 1b --rows 400)
[ "$rehearsal" ] && embed=(--shape tiny --peak 0.1 --count 32 ${3:+--corpora "$3"}) mfu=(--shape tiny --peak 0.1 --rows 20)
timeout 260 "$rag" tests/bench/gpu_embed.py --out "$out" "${embed[@]}" 2>&1 | tee "$out/gpu_embed.txt" || status=1
left=$((570 - (SECONDS - began)))
[ "$left" -gt 30 ] && { timeout "$left" "$train" tests/bench/train_mfu.py "${mfu[@]}" 2>&1 | tee "$out/train_mfu.txt" || status=1; }
echo "done after $((SECONDS - began)) s; the tables are in $out"
exit $status
