"""Holds the run's collection against what it must be, before readers see it.

    python -m validate

The collection's count must be the new ledger's, and the canary questions at CANARIES must find their documents at least
as often as CANARY_FLOOR says, in an index without points too. For a rebuild the former index answers the same questions
beside it, and readers do not see the new one yet. A change in the live collection they see already: `upsert` asked the
questions before it wrote (index/preview.py), and here the store itself answers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from index import canaries, ledger, plan, stores, versions
from index.canaries import Canary, Verdict
from index.plan import Plan
from runtime import log, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_SEEN = (
    "readers see this change already: the questions were answered before it was written, and the store does not find "
    "what it was given. Nothing was committed, so the next run writes these documents anew; where it fails alike, the "
    "store's own index is at fault"
)
_SAME = (
    "this run changed nothing, and readers see the index as it was: the questions, their floor or the model's "
    "`query_prefix` are others than they were, or the store's own index is at fault"
)


def validate() -> dict[str, Any]:
    """Validate the collection and return its counts and the canaries' results."""
    began, run = time.time(), settings.run()
    planned = plan.read(run)
    questions = canaries.configured()
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        counted = _counted(run, store, planned)
        verdicts = _verdicts(run, store, planned, questions) if questions else {}
    finally:
        store.close()
    given = {name: verdict.facts() for name, verdict in verdicts.items()}
    passed = verdicts["new"].recall >= canaries.floor() if verdicts else None
    facts = {"points": counted, "canaries": given, "floor": canaries.floor(), "passed": passed}
    receipt.write_part(run, "validate", facts, began)
    if verdicts:
        canaries.check(verdicts["new"], _consequence(planned))
    summary = {
        name: {key: verdict[key] for key in ("questions", "recall", "reciprocal_rank")}
        for name, verdict in given.items()
    }
    log.info("validated", f"{plural(counted, 'point')} as the ledger says; {_words(verdicts)}", **summary)
    return {"points": counted, "canaries": summary}


def _consequence(planned: Plan) -> str:
    """Return what it means for readers where canaries fail."""
    if planned.former != planned.collection:
        return "the switch is refused, and readers see the former index"
    return _SAME if planned.idle else _SEEN


def _words(verdicts: Mapping[str, Verdict]) -> str:
    if not verdicts:
        return "no canaries to ask"
    phrases = (
        f"{name} index finds {verdict.recall:.0%} of {verdict.questions} canaries" for name, verdict in verdicts.items()
    )
    return ", ".join(phrases)


def _counted(run: Run, store: stores.Store, planned: Plan) -> int:
    """Return the collection's count, where it is the new ledger's.

    Raises:
        InputError: it is not.
    """
    new = ledger.read(f"{run.root}/ledger.parquet")
    if new is None:
        raise InputError(f"{run.root}/ledger.parquet is missing: upsert must run first")
    if (held := store.count(planned.collection)) != new.points:
        raise InputError(
            f"collection {planned.collection} holds {plural(held, 'point')} where the ledger says {new.points}"
        )
    return held


def _verdicts(run: Run, store: stores.Store, planned: Plan, questions: list[Canary]) -> dict[str, Verdict]:
    """Return the new index's answers, and for a rebuild the former one's, each asked by its own model."""
    verdicts = {"new": _verdict(store, planned.collection, questions, settings.required("MODEL"))}
    former = next((version for version in versions.read(run) if version.collection == planned.former), None)
    if former and former.collection != planned.collection and store.exists(former.collection):
        verdicts["former"] = _verdict(store, former.collection, questions, former.model)
    return verdicts


def _verdict(store: stores.Store, collection: str, questions: list[Canary], model: Mapping[str, Any]) -> Verdict:
    return canaries.judge(store, collection, questions, canaries.embedded(questions, model), canaries.TOP)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("validate", validate)
