"""Print the receipts of the demo's pipelines as a table: scores and outcome.

.venv/bin/python tests/demo/train_report.py .dac/demo-train

Exits with 1 unless the base model scores near zero, and a promoted one above its threshold.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = (ROOT / "projects" / "package-metadata", ROOT / "tests" / "demo" / "projects" / "refused-trainings")
NEAR_ZERO = 0.05
HEADS = ("pipeline", "method", "base", "checkpoints", "threshold", "seconds", "outcome")


def receipt(store: Path, project: str, pipeline: str) -> dict[str, Any]:
    """Return the newest receipt of a pipeline."""
    folder = store / project / pipeline / "receipts"
    newest: dict[str, Any] = json.loads(max(folder.glob("*.json"), key=lambda p: p.stat().st_mtime).read_text())
    return newest


def reason(value: dict[str, Any]) -> str:
    """Return the first part of the last message of the step that failed."""
    lines = [line for failure in value["failures"] for line in failure.get("lines", [])]
    message: str = json.loads(lines[-1])["message"]
    return re.sub(r" \(95 %.*?\) of the best checkpoint, step \d+,", "", message.split(";")[0])


def row(pipeline: str, decided: dict[str, Any], value: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return a pipeline's cells, and what is wrong with its scores."""
    metric = decided["gate"].get("metric", "exact_match")
    scores = {int(step): card["values"][metric] for step, card in value["results"]["scorecards"].items()}
    threshold, wrong = float(decided["gate"]["threshold"]), []
    trained = [score for step, score in sorted(scores.items()) if step]
    if decided["base_model"] == "small-extractor" and scores.get(0, 0.0) > NEAR_ZERO:
        wrong.append(f"{pipeline}: the base model scores {scores[0]:.3f}, which is not near zero")
    promoted = value["results"]["promoted"]
    if promoted and max(trained) < threshold:
        wrong.append(f"{pipeline}: promoted below its threshold")
    outcome = f"{promoted['model']} version {promoted['version']}" if promoted else reason(value)
    seconds = sum(step["seconds"] for step in value["steps"].values())
    base = f"{scores[0]:.3f}" if 0 in scores else "-"
    curve = " ".join(f"{score:.3f}" for score in trained) or "-"
    return [pipeline, decided["method"], base, curve, f"{threshold:g}", f"{seconds:.0f}", outcome], wrong


def table(rows: list[list[str]]) -> str:
    """Return rows as text in columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    ruled = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join("  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in ruled)


def main() -> None:
    state = Path(sys.argv[1])
    store = state / "objects" / "dac-artifacts"
    reported = [
        row(name, decided, receipt(store, folder.name, name))
        for folder in PROJECTS
        for name, decided in yaml.safe_load((folder / "decisions.yaml").read_text())["pipelines"].items()
    ]
    print(table([list(HEADS), *(cells for cells, _ in reported)]))
    trained = receipt(store, "package-metadata", "extract")
    results = trained["results"]
    run = results["scorecards"]["0"]["address"].removeprefix("s3://").partition("/evals/")[0]
    folder = state / "objects" / run
    print(f"\nloss curve: {folder / 'train/loss.svg'}")
    print(f"data card: {folder / 'dataset/card.json'}, its lengths in lengths.svg beside it")
    print(f"promoted weights: {state / 'objects' / results['promoted']['weights'].removeprefix('s3://')}")
    problems = [problem for _, wrong in reported for problem in wrong]
    sys.exit("\n".join(problems) if problems else 0)


if __name__ == "__main__":
    main()
