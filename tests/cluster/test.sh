#!/usr/bin/env bash
# Runs the tests that need a cluster, smoke or soak, on KUBECONFIG's cluster. Where KUBECONFIG is not set, on the local
# one: when it does not run yet it is started first and ended afterwards, whatever comes of the tests.
# Usage: test.sh smoke|soak [pytest's arguments]
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=${1:?usage: test.sh smoke|soak} && shift
local_cluster=tests/cluster/local
if [ -z "${KUBECONFIG:-}" ]; then
  if ! python3 "$local_cluster" status | grep -q KUBECONFIG=; then
    trap 'python3 "$local_cluster" down' EXIT
    python3 "$local_cluster" up > /dev/null
  fi
  KUBECONFIG=$(python3 "$local_cluster" status | sed 's/^KUBECONFIG=//')
  export KUBECONFIG
fi
folders=(tests/cluster/smoke)
[ "$kind" = smoke ] || { folders+=(tests/cluster/soak) && export DAC_CASES=all DAC_MUTANTS="${DAC_MUTANTS:-2000}"; }
# The tests are steps of a story: what follows on a few broken ones says nothing new. -v and the log show where it is.
.venv/bin/pytest -v --durations=0 --durations-min=1 --maxfail=5 -o log_cli=true -o log_cli_level=INFO \
  -o log_cli_format="%(asctime)s %(message)s" -o log_cli_date_format=%H:%M:%S "${folders[@]}" "$@"
