"""Two versions of a model, one worse: real servers, the real pipeline, and what came of it as a table.

PYTHONPATH=images/eval/tests "$(images/env.sh eval test)/bin/python" tests/demo/eval.py

`transformers serve` serves each version in turn, MLflow holds the versions and the aliases, and Debian's Pushgateway
takes the scores where it is installed. Ends with 1 where a version was judged otherwise than it deserves.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from servers import QUIET, alias, call, get, mlflow, pushgateway, transformers_serve

FOLDER = Path(".dac/demo-eval").absolute()
STATE, MODELS = FOLDER / "state", FOLDER / "models"
PIPELINE, MODEL = "docs-assistant/answers", "docs-assistant"
VERSIONS = (("better", "pass"), ("worse", "fail"))
GATEWAY = "prometheus-pushgateway"
HEADS = ("version", "metric", "score", "95 % interval", "against the baseline", "verdict", "alias")


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m", flush=True)


def python(*command: str | Path, **environ: str) -> None:
    """Run a program of the tree with this Python; its log is shown only where it fails."""
    words = [sys.executable, *map(str, command)]
    done = subprocess.run(words, env={**os.environ, **QUIET, **environ}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def train(dataset: Path) -> None:
    """Trains both versions, unless an earlier demo did."""
    if (MODELS / "better/config.json").is_file():
        return
    say("Train a small model, and keep a version that knows half of the answers")
    flags = ("--dataset", dataset, "--out", MODELS / "better", "--worse", MODELS / "worse")
    python("tests/demo/eval_model.py", *flags)


def evaluate(number: int, name: str, bindings: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """Serve a version and run the pipeline against it.

    Returns:
        Its scorecard, its comparison, and the folder of its run.
    """
    made = call(bindings["mlflow"], "model-versions/create", name=MODEL, source=f"s3://models/{MODEL}/{number}")
    version = str(made["model_version"]["version"])
    call(bindings["mlflow"], "registered-models/alias", name=MODEL, alias="candidate", version=version)
    shutil.copytree(MODELS / name, FOLDER / f"serve/{number}/{MODEL}", dirs_exist_ok=True)
    with transformers_serve(FOLDER / f"serve/{number}") as address:
        values = {"endpoints": {**bindings, f"model-{MODEL}": address}}
        (STATE / "bindings.yaml").write_text(json.dumps(values))  # JSON is YAML
        command = [".venv/bin/dac", "run", PIPELINE, "--state", STATE, "--bindings", STATE / "bindings.yaml"]
        if number == 1:  # nothing to compare it with: a person accepts the first version
            command += ["-p", f"accept={version}"]
        subprocess.run([str(word) for word in command])
    comparisons = (STATE / "objects/dac-artifacts" / PIPELINE / "runs").glob("*/comparison.json")
    newest = sorted(comparisons, key=lambda path: path.stat().st_mtime_ns)
    if len(newest) < number:
        sys.exit("the run ended before there was a verdict; see above")
    card, comparison = (
        json.loads((newest[-1].parent / f"{each}.json").read_text()) for each in ("scorecard", "comparison")
    )
    return card, comparison, newest[-1].parent


def rows(number: int, card: dict[str, Any], comparison: dict[str, Any], aliases: str) -> Iterator[tuple[str, ...]]:
    """Yield the table's rows of a version, one a metric."""
    for name, entry in card["metrics"].items():
        against = comparison["metrics"].get(name)
        gap = f"{against['difference']:+.3f} [{against['low']:+.3f}, {against['high']:+.3f}]" if against else "none yet"
        verdict = against["verdict"] if against else comparison["verdict"]
        interval = f"[{entry['low']:.3f}, {entry['high']:.3f}]"
        yield str(number), name, f"{entry['value']:.3f}", interval, gap, verdict, aliases


def table(cells: list[tuple[str, ...]]) -> str:
    """Return rows as text in columns."""
    widths = [max(len(row[i]) for row in (HEADS, *cells)) for i in range(len(HEADS))]
    ruled = [HEADS, tuple("-" * width for width in widths), *cells]
    return "\n".join("  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in ruled)


def held_by(gateway: str) -> list[str]:
    """Return what the Pushgateway holds of the scores and of the verdict."""
    lines = get(f"{gateway}/metrics").decode().splitlines()
    scores = [line for line in lines if line.startswith("dac_eval_score{")]
    return scores + [line for line in lines if line.startswith("dac_eval_verdict{") and line.endswith(" 1")]


def main() -> None:
    shutil.rmtree(STATE, ignore_errors=True)
    shutil.rmtree(FOLDER / "serve", ignore_errors=True)
    bucket = STATE / "objects" / MODEL
    python("tests/demo/corpus_unicode.py", "--out", bucket)
    train(next(bucket.glob("*.jsonl")))
    program = shutil.which(GATEWAY)
    with ExitStack() as servers:
        say("A model registry: MLflow on SQLite" + (", and a Prometheus Pushgateway" if program else ""))
        registry = servers.enter_context(mlflow(FOLDER / "serve/mlflow"))
        gateway = servers.enter_context(pushgateway(FOLDER / "serve/pushgateway", program)) if program else ""
        print(registry, gateway)
        if not program:
            print(f"no {GATEWAY} on this machine (Debian's package of that name), so no scores are pushed")
        call(registry, "registered-models/create", name=MODEL)
        bindings = {"mlflow": registry, "pushgateway": gateway}
        results = []
        for number, (name, _) in enumerate(VERSIONS, start=1):
            say(f"Evaluate version {number}: {'it is accepted by hand' if number == 1 else 'is it as good?'}")
            results.append(evaluate(number, name, bindings))
        pointed = {key: alias(registry, MODEL, key) for key in ("candidate", "champion")}
        held = held_by(gateway) if gateway else []
    say("What came of it")
    cells = [
        row
        for number, (card, comparison, _) in enumerate(results, start=1)
        for row in rows(
            number, card, comparison, ", ".join(key for key, at in pointed.items() if at == str(number)) or "-"
        )
    ]
    print(table(cells))
    print(f"\n{results[-1][1]['reason']}")
    if held:
        print("\nthe Pushgateway holds, for Prometheus to scrape:", *held, sep="\n  ")
    print(f"\nthe report: {results[-1][2] / 'report.html'}\nfor a pull request: {results[-1][2] / 'report.md'}")
    verdicts = [comparison["verdict"] for _, comparison, _ in results]
    if verdicts != [deserved for _, deserved in VERSIONS] or pointed["champion"] != "1":
        sys.exit(f"the gate judged {verdicts}, and the champion is version {pointed['champion']}")


if __name__ == "__main__":
    main()
