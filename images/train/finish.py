"""Finish a run: say that it failed, write its receipt from every step's part, tag the registry, remove old checkpoints.

STATUS=Succeeded FAILURES='[]' RETENTION_DAYS=14 MLFLOW=... SLACK=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 \
RUN_NAME=q-1 python -m finish

Writes <project>/<pipeline>/receipts/<run>.json. Removes this run's unfinished checkpoints, and every checkpoint of
earlier runs of the pipeline that is older than the retention. Volumes are removed with their pods.
"""

import argparse
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from runtime import ending, objects, receipt, registry, settings
from runtime.errors import InputError, TryAgain
from runtime.log import info, warning
from runtime.program import main
from trainer import checkpoint, scorecards


def sweep(run: settings.Run, days: float, now: datetime) -> list[str]:
    """Remove the checkpoints of runs of the pipeline that ended more than `days` ago, and return their addresses."""
    removed = []
    for earlier in receipt.read_all(run):
        finished = datetime.strptime(earlier["finished"], receipt.STAMP).replace(tzinfo=UTC)
        place = checkpoint.root(run.of(earlier["run_id"]))
        if now - finished > timedelta(days=days) and earlier["run_id"] != run.run_id and objects.exists(place):
            objects.remove(place)
            removed.append(place)
    return removed


def compose(run: settings.Run, status: str, swept: list[str]) -> dict[str, Any]:
    """Return the receipt without the fields of the run, which `runtime.receipt` fills in."""
    parts, cards = receipt.parts(run), scorecards.read(run)
    facts = {step: part["facts"] for step, part in parts.items()}
    prepared, promoted = facts.get("prepare", {}), facts.get("promote")
    return {
        **receipt.outcome(run, status, parts),
        "inputs": {
            "dataset": (prepared and {"name": prepared["dataset"], "sha256": prepared["sha256"]}) or None,
            "model": settings.facts("MODEL").get("name", ""),
        },
        "counts": {name: n for name, n in prepared.items() if isinstance(n, int) and not isinstance(n, bool)},
        "verdicts": {"promoted": promoted is not None, "delivered": facts.get("trigger", {}).get("delivered", False)},
        "cost": cost(parts),
        "results": {
            "facts": facts,
            "scorecards": {
                str(step): {
                    "address": f"{scorecards.root(run, step)}/scorecard.json",
                    "values": {name: metric["value"] for name, metric in card["metrics"].items()},
                }
                for step, card in cards.items()
            },
            "promoted": promoted,
            "swept": swept,
        },
    }


def cost(parts: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return the GPU hours planned, and those used by `train`."""
    sizing = settings.sizing()
    gpus = float(sizing.get("gpus", 0))
    used = parts.get("train", {}).get("seconds", 0.0) / 3600 * gpus
    return {"gpu_hours": round(used, 4), "gpu_hours_planned": round(gpus * float(sizing.get("hours", 0)), 4)}


def served(run: settings.Run) -> ending.Served | None:
    """Return the version that this pipeline promoted last: in this run, or in the newest before it that did."""
    earlier = sorted(receipt.read_all(run), key=lambda value: str(value["finished"]))
    for value in reversed(earlier):
        if promoted := value.get("results", {}).get("promoted"):
            return {"what": _version(promoted), "since": value["finished"], "run": value["run"]}
    return None


def served_now(run: settings.Run, value: dict[str, Any]) -> ending.Served | None:
    """Return the same, with this run's own promotion, whose receipt is not written yet."""
    if promoted := value["results"]["promoted"]:
        return {"what": _version(promoted), "since": receipt.now(), "run": run.run_name}
    return served(run)


def _version(promoted: dict[str, Any]) -> str:
    return f"{promoted.get('model', 'model')} version {promoted.get('version', '?')} (candidate)"


def note(run: settings.Run, value: dict[str, Any]) -> None:
    """Tell the registry how the run went; it cannot fail the run, which is over."""
    status, why = value["status"], receipt.reason(value["failures"])
    if address := os.environ.get("MLFLOW", ""):
        tags = {"dac.last_run": run.run_name, "dac.last_status": status, "dac.last_failure": why[:400]}
        try:
            registry.tag_model(address, f"{run.project}.{run.pipeline}", tags)
        except (TryAgain, InputError) as error:
            warning("registry", str(error))


def program() -> None:
    """Finish the run: receipt, notes and retention."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    started, now = time.monotonic(), datetime.now(UTC)
    run, status = settings.run(), ending.status()
    delivered = ending.tell(run, lambda: served(run))
    partial = checkpoint.remove_partial(run.root)
    swept = partial + sweep(run, settings.number("RETENTION_DAYS", 14), now)
    value = compose(run, status, swept)
    address = ending.report(run, value, served_now(run, value))
    if objects.exists(f"{run.root}/train/progress.json"):
        objects.remove(f"{run.root}/train/progress.json")
    note(run, value)
    ending.check_delivered(delivered)
    info("finished", message=f"{status}: {address}", seconds=round(time.monotonic() - started, 3))


if __name__ == "__main__":
    main("finish", program)
