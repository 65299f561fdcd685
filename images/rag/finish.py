"""What every run ends with, however it went: the receipt, the run's files removed, an alert where it failed.

    python -m finish

STATUS and FAILURES are Argo's workflow.status and workflow.failures. The files of a failed run stay for whoever looks
into it and for its restart; the ledger was committed by `publish` or not at all.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import orjson
import plan
import receipt
from publish import tell
from step import Run, facts, main, say, text


def finish() -> dict[str, Any]:
    """Writes the receipt, cleans up, alerts."""
    began, run = time.time(), Run.from_environment()
    status, parts = text("STATUS", "Succeeded"), receipt.parts(run)
    found = _receipt(run, status, parts, began)
    receipt.write(run, found)
    if status == "Succeeded":
        run.objects.remove(run.folder)
    else:
        tell(f"{run.project}/{run.pipeline}: run {run.name} {status.lower()}: {_why(found['failures'])}")
    say(f"{run.name}: {status}", receipt=receipt.address(run))
    return {"status": status, "receipt": receipt.address(run)}


def _why(failures: list[dict[str, Any]]) -> str:
    told = [f"{one.get('displayName', '?')}: {one.get('message', '')}" for one in failures]
    return "; ".join(told) or "see its receipt"


def _receipt(run: Run, status: str, parts: dict[str, dict[str, Any]], now: float) -> dict[str, Any]:
    planned = plan.find(run)
    embeds = [one for step, one in parts.items() if step.startswith("embed-")]
    led = parts.get("publish") or parts.get("rollback") or {}
    model = facts("MODEL")
    return {
        "project": run.project,
        "pipeline": run.pipeline,
        "run": run.name,
        "run_id": run.id,
        "status": status,
        "failures": _failures(),
        "standard": text("STANDARD", ""),
        "size": text("SIZE", ""),
        "commit": text("COMMIT", ""),
        "content": text("CONTENT", ""),
        "template_content": text("TEMPLATE_CONTENT", ""),
        "images": orjson.loads(text("IMAGES", "{}") or "{}"),
        "model": {**model, "weights_digest": next((one["weights"] for one in embeds), None)},
        "chunking": facts("CHUNKING"),
        "store": facts("STORE"),
        "dataset": {"source": text("SOURCE", ""), "digest": planned.source if planned else None},
        "fingerprint": planned.fingerprint if planned else None,
        "collection": planned.collection if planned else led.get("collection"),
        "index": led.get("index"),
        "counts": planned.counts if planned else {},
        "ledger": parts.get("upsert", {}).get("ledger", {}),
        "embedded": sum(one["points"] for one in embeds),
        "unreadable": [fault for one in embeds for fault in one["unreadable"]],
        "canaries": parts.get("validate", {}).get("canaries", {}),
        "verdicts": _verdicts(parts),
        "steps": {step: {"began": one["began"], "seconds": one["seconds"]} for step, one in parts.items()},
        "seconds": round(now - min((one["began"] for one in parts.values()), default=now), 3),
    }


def _verdicts(parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    validated, published, back = (parts.get(step) for step in ("validate", "publish", "rollback"))
    led = published or back
    return {
        "canaries": None if validated is None else "passed" if validated["passed"] else "refused",
        "published": published is not None,
        "rolled_back": back is not None,
        "deployed": bool(led and led["deployed"]),
        "dropped": published["dropped"] if published else [],
    }


def _failures() -> list[dict[str, Any]]:
    """Argo's list of failed nodes; it is JSON text, absent where nothing failed."""
    raw = text("FAILURES", "")
    try:
        found = orjson.loads(raw) if raw else []
        found = orjson.loads(found) if isinstance(found, str) else found  # Argo quotes the list once more
    except orjson.JSONDecodeError:
        return [{"message": raw}]
    found = found if isinstance(found, list) else [found]
    return [one for one in found if one]  # null where nothing failed


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main(finish)
