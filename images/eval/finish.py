"""End a run, however it went: say that it failed, write the receipt, push, and remove intermediate files.

    python -m finish

Environment: STATUS, FAILURES and FAILED (the workflow's status, and what failed), SLACK (webhook address or empty),
NOTIFY (a channel's name, or empty), PUSHGATEWAY, ENDPOINT (facts: name, model), and the run's.
Writes receipts/<run name>.json, and logs the scores, the verdict and the report's place, which `dac run` shows at its
end. A failed run keeps its shards and answers, from which a retry resumes, until the bucket's lifecycle removes them.
After a success this step removes them, since samples.parquet holds their content.
"""

import argparse
import os
from typing import Any

import push
from evaluation import baseline, served, summary
from runtime import ending, log, notify, objects, receipt, settings
from runtime.errors import InputError, TryAgain
from runtime.program import main

COUNTS = ("asked", "answered", "failed", "requests", "input_tokens", "output_tokens")


def total(parts: dict[str, dict[str, Any]], name: str) -> float:
    """Return the sum of a fact over the parts that have it."""
    return sum(part["facts"].get(name, 0) for step, part in parts.items() if step.startswith("infer-"))


def model(run: settings.Run, endpoint: dict[str, Any], kind: str = served.MODEL) -> str:
    """Return the model that was asked, or the index; a sentence with all of them where there were several."""
    try:
        return served.name(run.root, kind) or str(endpoint.get("model", ""))
    except InputError as error:
        return str(error)


def build(run: settings.Run, status: str) -> dict[str, Any]:
    """Return the receipt, less what `runtime.receipt` fills in of the run."""
    parts = receipt.parts(run)
    endpoint = settings.facts("ENDPOINT")
    facts = {step: part["facts"] for step, part in parts.items()}
    loaded = facts.get("load")
    return {
        **receipt.outcome(run, status, parts),
        "inputs": {
            "dataset": loaded and {"name": loaded["dataset"], "sha256": loaded["sha256"], "rows": loaded["rows"]},
            "endpoint": endpoint.get("name", ""),
            "model": model(run, endpoint),
            **({"corpus": corpus} if (corpus := model(run, {}, served.CORPUS)) else {}),
        },
        "counts": {name: total(parts, name) for name in COUNTS},
        "verdicts": {"gate": facts.get("compare", {}).get("verdict")},
        "cost": {
            "predicted": sum(loaded["predicted"].values()) if loaded else None,
            "actual": total(parts, "cost") + facts.get("judge", {}).get("cost", 0),
        },
        "results": {"metrics": facts.get("score", {}).get("metrics", {})},
    }


def message(run: settings.Run, value: dict[str, Any]) -> str:
    """Return the text for Slack of a run that ended well: its verdict."""
    verdict = f", verdict {value['verdicts']['gate']}" if value["verdicts"]["gate"] else ""
    return f"{run.project}/{run.pipeline}: {run.run_name} {value['status'].lower()}{verdict}"


def accepted(run: settings.Run) -> ending.Served | None:
    """Return the run that passed last, which later ones are compared with."""
    card = baseline.read(baseline.folder(run, baseline.name()))
    if card is None:
        return None
    return {
        "what": f"baseline: {card['model']} as scored by {card['run']}",
        "since": card["created"],
        "run": card["run"],
    }


def finish() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, status = settings.run(), ending.status()
    delivered = ending.tell(run, lambda: accepted(run))
    value = build(run, status)
    ending.report(run, value, accepted(run))
    succeeded = status == "Succeeded"
    if gateway := os.environ.get("PUSHGATEWAY", ""):
        try:
            push.outcome(run, gateway, succeeded)
        except (TryAgain, InputError) as error:
            log.warning("not_pushed", str(error))
    if succeeded and os.environ.get("NOTIFY"):
        notify.slack(message(run, value))
    if succeeded:
        for folder in ("shards", "answers", "contexts"):
            objects.remove(f"{run.root}/{folder}")
    for line in summary.lines(run):
        log.info("summary", line)
    ending.check_delivered(delivered)
    log.info("finished", status=status, verdict=value["verdicts"]["gate"], receipt=receipt.address(run))


if __name__ == "__main__":
    main("finish", finish)
