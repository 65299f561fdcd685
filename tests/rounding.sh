#!/usr/bin/env bash
# Repeats the tests that train models with other instruction sets and thread counts. Training rounds differently on each,
# so a test that passes on one processor only fails here. `make test-rounding` runs it.
#
#   tests/rounding.sh               every test that trains
#   tests/rounding.sh COMMAND...    another command, such as: .venv/bin/pytest tests/evaluation/test_weights.py
#
# Prints a line for each combination and ends with 1 if any failed. The log of a failed one is printed.
set -euo pipefail
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"

# PyTorch's own kernels, MKL's and oneDNN's: the lowest that each has, then up to what the newest processors have.
sets=("default COMPATIBLE SSE41" "avx2 AVX2 AVX2" "avx512 AVX512 AVX512_CORE")
threads=(1 2)

every_test_that_trains() {
  .venv/bin/pytest tests/evaluation tests/runner/test_training_ends.py &&
    "$(images/env.sh train test)/bin/python" -m pytest images/train/tests/test_{training,train,resume,s3,serve}.py
}

[ $# -gt 0 ] || set -- every_test_that_trains
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for names in "${sets[@]}"; do
  read -r aten mkl onednn <<< "$names"
  if [ "$aten" = avx512 ] && ! grep -qw avx512f /proc/cpuinfo; then
    echo "skipped  $names: this processor has no AVX-512"
    continue
  fi
  for count in "${threads[@]}"; do
    began=$SECONDS
    outcome=passed
    ATEN_CPU_CAPABILITY=$aten MKL_CBWR=$mkl ONEDNN_MAX_CPU_ISA=$onednn OMP_NUM_THREADS=$count "$@" > "$log" 2>&1 ||
      { outcome=failed failed=1; tail -n 200 "$log"; }
    echo "$outcome   ATEN_CPU_CAPABILITY=$aten MKL_CBWR=$mkl ONEDNN_MAX_CPU_ISA=$onednn OMP_NUM_THREADS=$count" \
      "$((SECONDS - began)) s: $(tail -n 1 "$log")"
  done
done
exit "$failed"
