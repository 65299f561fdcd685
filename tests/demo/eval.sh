#!/usr/bin/env bash
# Evaluates two versions of a model on this machine, and shows that the gate catches the worse one. `make demo-eval` runs
# it: a small model is trained on the spot, `transformers serve` serves each version in turn, `dac run` runs the pipeline.
set -euo pipefail
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"

python=$(images/env.sh eval test)/bin/python
state=$PWD/.dac
folder=$state/demo-eval
port=8100 # where the catalog's endpoint model-docs-assistant lives locally
server=
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
trap 'stop' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
stop() {
  [ -z "$server" ] || { kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; }
  server=
}
# Serves one version under the name that the catalog gives the model.
serve() {
  stop
  rm -rf "$folder/serve" && mkdir -p "$folder/serve" && cp -r "$folder/$1" "$folder/serve/docs-assistant"
  (cd "$folder/serve" && exec "$(dirname "$python")/transformers" serve --host 127.0.0.1 --port "$port" --device cpu) \
    > "$folder/serve-$1.log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    kill -0 "$server" 2> /dev/null || { tail -n 20 "$folder/serve-$1.log" >&2; exit 1; }
    "$python" - "$port" << 'PROBE' 2> /dev/null && return
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v1/models", timeout=2)
PROBE
    sleep 0.5
  done
  echo "transformers serve did not start; its log: $folder/serve-$1.log" >&2
  exit 1
}

mkdir -p "$folder" "$state/objects/docs-assistant"
# No registry and no Pushgateway here: the steps say so and go on.
printf 'endpoints:\n  mlflow: ""\n  pushgateway: ""\n' > "$folder/bindings.yaml"
rm -rf "$state/objects/dac-artifacts/docs-assistant" # no baseline from an earlier demo
(cd images/eval && "$python" -m corpus_unicode --out "$state/objects/docs-assistant") > /dev/null

if [ ! -f "$folder/better/config.json" ]; then
  say "Train a small model, and keep a version that has learned for less time"
  "$python" tests/demo/eval_model.py --dataset "$state/objects/docs-assistant/unicode-names-1.jsonl" \
    --out "$folder/better" --worse "$folder/worse" 2> /dev/null
fi

say "Evaluate the first version: with no baseline yet, it becomes it"
serve better
.venv/bin/dac run docs-assistant/answers --bindings "$folder/bindings.yaml"

say "Evaluate the second version: it is worse, and the gate must catch it"
serve worse
if .venv/bin/dac run docs-assistant/answers --bindings "$folder/bindings.yaml"; then
  echo "the gate let a worse model pass" >&2
  exit 1
fi
stop
report=$(ls -t "$state"/objects/dac-artifacts/docs-assistant/answers/runs/*/report.md | head -n 1)
say "The gate caught it. The report for the pull request:"
cat "$report"
say "The page: ${report%.md}.html"
