#!/usr/bin/env bash
# From decisions to promoted models on this machine, with a real MLflow registry. `make demo-train` runs it, each time from
# an empty state: a small model learns to read package metadata, LoRA on top of it learns another form of answer, and two
# pipelines with bad decisions are refused.
set -euo pipefail
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"

bin=$(images/env.sh train test)/bin
images/env.sh train > /dev/null
images/env.sh eval > /dev/null
state=$PWD/.dac/demo-train
rm -rf "$state" && mkdir -p "$state"
export PATH=$PWD/.venv/bin:$PATH OMP_WAIT_POLICY=passive

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { dac run "$@" --state "$state" --bindings "$state/bindings.yaml"; }
# Runs a pipeline that must fail, and prints the message that must give the reason.
# Usage: refused PIPELINE PATTERN
refused() {
  local out=$state/$1.log
  if run "refused-trainings/$1" --root "$state/tree" > "$out" 2>&1; then
    echo "$1 must be refused and was not; see $out" >&2
    exit 1
  fi
  grep -o '"message":"[^"]*'"$2"'[^"]*"' "$out" | tail -n 1 || { echo "$1 failed for another reason; see $out" >&2; exit 1; }
}

port=${MLFLOW_PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
store=${MLFLOW_STORE:-sqlite:///mlflow.db} # or another database by its URL
say "A model registry: MLflow on ${store%%:*}, at http://127.0.0.1:$port"
(cd "$state" && exec "$bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri "$store" --artifacts-destination ./artifacts) > "$state/mlflow.log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true' EXIT
for _ in $(seq 300); do
  kill -0 "$server" 2> /dev/null || { tail -n 20 "$state/mlflow.log" >&2; exit 1; }
  python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=1)" 2> /dev/null && break
  sleep 0.5
done
printf 'endpoints:\n  mlflow: http://127.0.0.1:%s\n' "$port" > "$state/bindings.yaml"

say "Datasets from the metadata of the locked packages, and a base model that knows nothing"
export PYTHONPATH=$PWD/images/train:$PWD/images:$PWD/tests/demo OBJECTS=file://$state/objects
"$bin/python" -m dataset_packages --out s3://package-metadata 2> /dev/null
"$bin/python" -m base_model --dataset s3://package-metadata/requirements.jsonl --out s3://models/small-extractor 2> /dev/null
unset PYTHONPATH OBJECTS

# The pipelines that must fail are in a tree of their own: these standards and images, and the demo's projects.
mkdir "$state/tree"
cp -R standards images tests/demo/projects "$state/tree"
dac render --root "$state/tree" > /dev/null

say "A dataset with rows that lack their answers is refused at prepare"
refused broken "bad of 500 rows"
say "Learn to read: every weight, from nothing"
run package-metadata/extract
say "Learn another form of answer: LoRA on top of what was promoted"
run package-metadata/extract-toml
say "A learning rate too low to learn anything: nothing is promoted"
refused untrainable "nothing is promoted"

say "The receipts"
.venv/bin/python tests/demo/train_report.py "$state"
