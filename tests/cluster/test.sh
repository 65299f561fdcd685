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
[ "$kind" = smoke ] || { folders+=(tests/cluster/soak) && export DAC_CASES=all; }
.venv/bin/pytest --durations=0 "${folders[@]}" "$@"
