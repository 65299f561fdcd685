"""Runs after every run, however it ended: writes the receipt, tells Prometheus and Slack, removes what nobody needs.

    python -m finish

Environment: STATUS and FAILURES (the workflow's status, and its failures as JSON), SLACK (webhook address or empty),
NOTIFY (a channel's name, or empty), PUSHGATEWAY, ENDPOINT (facts: name, model), and the run's.
Writes receipts/<run name>.json. Shards and answers stay until the bucket's lifecycle removes them: a failed run that is
retried goes on from them; after a success they are removed, since samples.parquet holds what they say.
"""

import argparse
import os
import urllib.request
from typing import Any

import log
import orjson
import push
import settings
import storage
from errors import TryAgain, WrongInput, main
from evaluation import receipt, served

TIMEOUT = 20
COUNTS = ("asked", "answered", "failed", "requests", "input_tokens", "output_tokens")


def failures(text: str) -> list[str]:
    """Returns the workflow's failures, a line each, from the JSON that Argo gives (or none)."""
    try:
        found = orjson.loads(text or "[]")
        found = orjson.loads(found) if isinstance(found, str) else found
    except orjson.JSONDecodeError:
        return [text]
    return [f"{one.get('displayName', '?')}: {one.get('message', '')}" for one in found or [] if isinstance(one, dict)]


def total(parts: dict[str, dict[str, Any]], name: str) -> float:
    """Returns the sum of a fact over the parts that have it."""
    return sum(part["facts"].get(name, 0) for step, part in parts.items() if step.startswith("infer-"))


def model(run: settings.Run, endpoint: dict[str, Any]) -> str:
    """Returns the model that was asked, or the two or more that were."""
    try:
        return served.name(run.root) or str(endpoint.get("model", ""))
    except WrongInput as error:
        return str(error)


def build(run: settings.Run, status: str, why: list[str]) -> dict[str, Any]:
    """Returns the receipt."""
    parts = receipt.parts(run)
    endpoint = settings.facts("ENDPOINT")
    facts = {step: part["facts"] for step, part in parts.items()}
    loaded = facts.get("load")
    return {
        "project": run.project,
        "pipeline": run.pipeline,
        "standard": run.standard,
        "run": {"id": run.run_id, "name": run.run_name},
        "status": status,
        "failures": why,
        "finished": receipt.now(),
        "commit": run.commit,
        "content": run.content,
        "template_content": run.template_content,
        "inputs": {
            "size": run.size,
            "dataset": loaded and {"name": loaded["dataset"], "sha256": loaded["sha256"], "rows": loaded["rows"]},
            "endpoint": endpoint.get("name", ""), "model": model(run, endpoint),
        },
        "verdict": facts.get("compare", {}).get("verdict"),
        "metrics": facts.get("score", {}).get("metrics", {}),
        "counts": {name: total(parts, name) for name in COUNTS},
        "cost": {
            "predicted": sum(loaded["predicted"].values()) if loaded else None,
            "actual": total(parts, "cost") + facts.get("judge", {}).get("cost", 0),
        },
        "steps": {step: {"started": part["started"], "seconds": part["seconds"]} for step, part in parts.items()},
    }  # fmt: skip


def message(value: dict[str, Any]) -> str:
    """Returns what Slack is told."""
    title = f"{value['project']}/{value['pipeline']}: {value['run']['name']} {value['status'].lower()}"
    verdict = f", verdict {value['verdict']}" if value["verdict"] else ""
    return "\n".join([title + verdict, *value["failures"][:5]])


def tell_slack(webhook: str, channel: str, text: str) -> None:
    """Posts to the webhook; a Slack that does not answer is logged and changes nothing."""
    body = orjson.dumps({"text": text, **({"channel": channel} if channel else {})})
    request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            log.info("told", channel=channel)
    except OSError as error:
        log.warning("not_told", f"Slack did not take the message: {error}")


def finish() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, status = settings.run(), os.environ.get("STATUS", "Error")
    why = failures(os.environ.get("FAILURES", ""))
    value = build(run, status, why)
    receipt.write(run, value)
    succeeded = status == "Succeeded"
    if gateway := os.environ.get("PUSHGATEWAY", ""):
        try:
            push.outcome(run, gateway, succeeded)
        except TryAgain as error:
            log.warning("not_pushed", str(error))
    if (webhook := os.environ.get("SLACK", "")) and (not succeeded or os.environ.get("NOTIFY")):
        tell_slack(webhook, os.environ.get("NOTIFY", ""), message(value))
    if succeeded:
        for folder in ("shards", "answers"):
            storage.remove(f"{run.root}/{folder}")
    log.info("finished", status=status, verdict=value["verdict"], receipt=receipt.address(run))


if __name__ == "__main__":
    main(finish)
