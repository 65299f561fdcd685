"""What every run ends with, however it went: a message where it failed, the receipt, the run's files removed.

    python -m finish

STATUS is Argo's workflow.status, FAILURES and FAILED are what it says of failures (runtime.failures). The files of a
failed run stay for whoever looks into it and for its restart; the ledger was committed by `publish` or not at all.
"""

from __future__ import annotations

import argparse
from typing import Any

from index import findings, ledger, plan, sources, versions
from index.findings import Finding
from runtime import ending, log, objects, receipt, settings
from runtime.program import main
from runtime.settings import Run

_NAMED = 20  # documents that the log names at most; the receipt has all


def finish() -> dict[str, Any]:
    """Tell people where the run failed, write the receipt, and clean up."""
    run, status = settings.run(), ending.status()
    delivered = ending.tell(run, lambda: _served(run))
    value = _receipt(run, status, receipt.parts(run))
    address = ending.report(run, value, _served(run))
    for sentence in findings.sentences(_findings(run), _NAMED):
        log.warning("findings", sentence)
    if status == "Succeeded":
        objects.remove(run.root)
    ending.check_delivered(delivered)
    log.info("finished", f"{run.run_name}: {status}", receipt=address)
    return {"status": status, "receipt": address}


def _served(run: Run) -> ending.Served | None:
    """Return the index that readers see: the last one published or led back to."""
    published = versions.read(run)
    if not published:
        return None
    return {"what": f"index {published[-1].index}", "since": published[-1].at, "run": published[-1].run}


def _receipt(run: Run, status: str, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    planned = plan.find(run)
    facts = {step: part["facts"] for step, part in parts.items()}
    embeds = [fact for step, fact in facts.items() if step.startswith("embed-")]
    noticed = _findings(run)
    switched = facts.get("publish") or facts.get("rollback") or {}
    return {
        **receipt.outcome(run, status, parts),
        "inputs": {
            "dataset": {"source": sources.described(), "digest": planned.source if planned else None},
            "model": {
                **settings.required("MODEL"),
                "weights_digest": next((e["weights"] for e in embeds if e["weights"]), None),
            },
            "chunking": settings.required("CHUNKING"),
            "store": settings.required("STORE"),
        },
        "counts": {**planned.counts, **findings.counts(noticed)} if planned else {},
        "verdicts": _verdicts(facts),
        "cost": _cost(embeds),
        "results": {
            "fingerprint": planned.fingerprint if planned else None,
            "collection": planned.collection if planned else switched.get("collection"),
            "index": switched.get("index"),
            "ledger": facts.get("upsert", {}).get("ledger", {}),
            "relabelled": facts.get("discover", {}).get("relabelled", []),
            "mixed": facts.get("upsert", {}).get("mixed", {}),
            "embedded": sum(embed["points"] for embed in embeds),
            **findings.facts(noticed),
            "collected": facts.get("collect", {}).get("sources", {}),
            "skipped": facts.get("discover", {}).get("skipped", {}),
            "canaries": facts.get("validate", {}).get("canaries", {}),
        },
    }


def _cost(embeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what tokens of a served model cost; nothing where the weights are our own."""
    model = settings.required("MODEL")
    if "api" not in model:
        return {}
    tokens = sum(embed.get("tokens", 0) for embed in embeds)
    return {"tokens": tokens, "actual": round(tokens * model["price"]["input"] / 1e6, 6)}


def _findings(run: Run) -> list[Finding]:
    """Return what must be known of the index's documents; of a run that did not come to write, of those it has read."""
    new = ledger.read(f"{run.root}/ledger.parquet")
    return findings.of_ledger(new) if new else findings.of_run(run)


def _verdicts(facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    validated, published, back = (facts.get(step) for step in ("validate", "publish", "rollback"))
    switched = published or back
    return {
        "canaries": _canaries(validated),
        "published": published is not None,
        "rolled_back": back is not None,
        "deployed": bool(switched and switched["deployed"]),
        "dropped": published["dropped"] if published else [],
    }


def _canaries(validated: dict[str, Any] | None) -> str | None:
    if validated is None:
        return None
    if validated["passed"] is None:
        return "none asked"
    return "passed" if validated["passed"] else "refused"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("finish", finish)
