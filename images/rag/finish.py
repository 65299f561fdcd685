"""What every run ends with, however it went: the receipt, the run's files removed, an alert where it failed.

    python -m finish

STATUS and FAILURES are Argo's workflow.status and workflow.failures. The files of a failed run stay for whoever looks
into it and for its restart; the ledger was committed by `publish` or not at all.
"""

from __future__ import annotations

import argparse
from typing import Any

from index import plan, unreadable
from runtime import log, notify, objects, receipt, settings
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_NAMED = 20  # documents that the log names at most; the receipt has all


def finish() -> dict[str, Any]:
    """Write the receipt, clean up, and send an alert where the run failed."""
    run = settings.run()
    status = settings.text("STATUS", "Succeeded")
    value = _receipt(run, status, receipt.parts(run))
    address = receipt.write(run, value)
    if faulty := value["results"]["unreadable"]:
        log.warning(
            "unreadable", f"{plural(len(faulty), 'document')} cannot be read: {unreadable.sentence(faulty[:_NAMED])}"
        )
    if status == "Succeeded":
        objects.remove(run.root)
    else:
        why = receipt.reason(value["failures"]) or "see its receipt"
        notify.slack(f"{run.project}/{run.pipeline}: run {run.run_name} {status.lower()}: {why}")
    log.info("finished", f"{run.run_name}: {status}", receipt=address)
    return {"status": status, "receipt": address}


def _receipt(run: Run, status: str, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    planned = plan.find(run)
    facts = {step: part["facts"] for step, part in parts.items()}
    embeds = [fact for step, fact in facts.items() if step.startswith("embed-")]
    faulty = [document for embed in embeds for document in embed["unreadable"]]
    switched = facts.get("publish") or facts.get("rollback") or {}
    return {
        **receipt.outcome(run, status, parts),
        "inputs": {
            "dataset": {"source": settings.text("SOURCE", ""), "digest": planned.source if planned else None},
            "model": {**settings.required("MODEL"), "weights_digest": next((e["weights"] for e in embeds), None)},
            "chunking": settings.required("CHUNKING"),
            "store": settings.required("STORE"),
        },
        "counts": {**planned.counts, "unreadable": len(faulty)} if planned else {},
        "verdicts": _verdicts(facts),
        "cost": {},
        "results": {
            "fingerprint": planned.fingerprint if planned else None,
            "collection": planned.collection if planned else switched.get("collection"),
            "index": switched.get("index"),
            "ledger": facts.get("upsert", {}).get("ledger", {}),
            "embedded": sum(embed["points"] for embed in embeds),
            "unreadable": faulty,
            "canaries": facts.get("validate", {}).get("canaries", {}),
        },
    }


def _verdicts(facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    validated, published, back = (facts.get(step) for step in ("validate", "publish", "rollback"))
    switched = published or back
    return {
        "canaries": None if validated is None else "passed" if validated["passed"] else "refused",
        "published": published is not None,
        "rolled_back": back is not None,
        "deployed": bool(switched and switched["deployed"]),
        "dropped": published["dropped"] if published else [],
    }


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("finish", finish)
