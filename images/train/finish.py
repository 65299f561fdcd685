"""Ends a run: its receipt from every step's part, a note in the registry and to Slack, old checkpoints removed.

STATUS=Succeeded FAILURES='[]' RETENTION_DAYS=14 MLFLOW=... SLACK=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 \
RUN_NAME=q-1 python -m finish

Writes <project>/<pipeline>/receipts/<run>.json. Of this run it removes checkpoints that were never finished; of earlier
runs of the pipeline, every checkpoint older than the retention. The volumes go with their pods.
"""

import argparse
import os
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import settings
import storage
from errors import TryAgain, WrongInput
from log import info, warning
from trainer import checkpoint, receipt, registry, scorecards
from trainer.ending import main

STAMP = "%Y-%m-%dT%H:%M:%SZ"


def failures(run: settings.Run) -> list[dict[str, Any]]:
    """Returns what failed: the engine's list of nodes, with the last lines that the step itself left."""
    text = os.environ.get("FAILURES", "") or "[]"
    try:
        told = orjson.loads(text)
        told = orjson.loads(told) if isinstance(told, str) else told  # Argo quotes the list once more
    except orjson.JSONDecodeError:
        told = [{"message": text}]
    nodes = [{"node": n.get("displayName", ""), "message": n.get("message", "")} for n in told or []]
    return nodes + [
        {"step": step, "exit_code": tail["exit_code"], "lines": tail["lines"]}
        for step, tail in receipt.tails(run).items()
    ]


def sweep(run: settings.Run, days: float, now: datetime) -> list[str]:
    """Removes the checkpoints of the pipeline's runs that ended more than `days` ago and returns their addresses."""
    swept = []
    for earlier in receipt.read_all(run):
        finished = datetime.strptime(earlier["finished"], STAMP).replace(tzinfo=UTC)
        place = checkpoint.root(run.of(earlier["run_id"]))
        if now - finished > timedelta(days=days) and earlier["run_id"] != run.run_id and storage.exists(place):
            storage.remove(place)
            swept.append(place)
    return swept


def gather(run: settings.Run, status: str, now: datetime, swept: list[str]) -> dict[str, Any]:
    """Returns the receipt."""
    parts = {step: part for step in receipt.STEPS if (part := receipt.read_part(run, step)) is not None}
    cards = scorecards.read(run)
    promoted = parts.get("promote", {}).get("facts")
    return {
        "project": run.project, "pipeline": run.pipeline, "run": run.run_name, "run_id": run.run_id,
        "standard": run.standard, "size": run.size, "commit": run.commit, "content": run.content,
        "template_content": run.template_content, "images": receipt.image_digests(), "status": status,
        "finished": now.strftime(STAMP),
        "steps": {step: {"seconds": part["seconds"], **part["facts"]} for step, part in parts.items()},
        "scorecards": {
            str(step): {
                "address": f"{scorecards.root(run, step)}/scorecard.json",
                "values": {name: facts["value"] for name, facts in card["metrics"].items()},
            }
            for step, card in cards.items()
        },
        "promoted": promoted, "failures": failures(run), "swept": swept,
        "cost": cost(parts),
    }  # fmt: skip


def cost(parts: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Returns GPU hours as planned and as used by `train`."""
    sizing = settings.sizing()
    gpus = float(sizing.get("gpus", 0))
    used = parts.get("train", {}).get("seconds", 0.0) / 3600 * gpus
    return {"gpu_hours": round(used, 4), "gpu_hours_planned": round(gpus * float(sizing.get("hours", 0)), 4)}


def tell(run: settings.Run, value: dict[str, Any]) -> None:
    """Tells Slack and the registry what happened; neither can fail the run, which is over."""
    status = value["status"]
    why = next((f"{f.get('step', f.get('node'))}: {_last(f)}" for f in reversed(value["failures"])), "")
    if (url := os.environ.get("SLACK", "")) and status != "Succeeded":
        text = f"{run.project}/{run.pipeline}: run {run.run_name} {status.lower()}. {why}"
        body = orjson.dumps({"text": text, "channel": os.environ.get("NOTIFY", "")})
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError as error:
            warning("slack", f"Slack was not told: {error}")
    if address := os.environ.get("MLFLOW", ""):
        told = {"dac.last_run": run.run_name, "dac.last_status": status, "dac.last_failure": why[:400]}
        try:
            registry.tag_model(address, f"{run.project}.{run.pipeline}", told)
        except (TryAgain, WrongInput) as error:
            warning("registry", str(error))


def _last(failure: dict[str, Any]) -> str:
    lines = failure.get("lines") or []
    messages = [orjson.loads(line).get("message", "") for line in lines if line.startswith("{")]
    return next((m for m in reversed(messages) if m), str(failure.get("message", "")))


def program() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    started, now = time.monotonic(), datetime.now(UTC)
    run, status = settings.run(), os.environ.get("STATUS", "") or "Succeeded"
    partial = checkpoint.remove_partial(run.root)
    swept = partial + sweep(run, settings.number("RETENTION_DAYS", 14), now)
    value = gather(run, status, now, swept)
    address = receipt.write(run, value)
    if storage.exists(f"{run.root}/train/progress.json"):
        storage.remove(f"{run.root}/train/progress.json")
    tell(run, value)
    info("finished", message=f"{status}: {address}", seconds=round(time.monotonic() - started, 3))


if __name__ == "__main__":
    main("finish", program)
