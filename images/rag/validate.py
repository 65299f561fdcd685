"""Holds the run's collection against what it must be, before readers see it.

    python -m validate

The collection's count must be the new ledger's, and the canary questions at CANARIES must find their documents at least
as often as CANARY_FLOOR says. For a rebuild the former index answers the same questions beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from index import canaries, ledger, plan, stores, versions
from index.canaries import Canary
from index.plan import Plan
from runtime import addresses, log, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

TOP = 5


def validate() -> dict[str, Any]:
    """Validate the collection and return its counts and the canaries' results."""
    began, run = time.time(), settings.run()
    planned = plan.read(run)
    questions = _questions(run)
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        counted = _counted(run, store, planned)
        verdicts = _verdicts(run, store, planned, questions) if questions and counted else {}
    finally:
        store.close()
    floor = float(settings.text("CANARY_FLOOR", "0.8"))
    facts = {"points": counted, "canaries": verdicts, "floor": floor, "passed": _passes(verdicts, floor)}
    receipt.write_part(run, "validate", facts, began)
    if not _passes(verdicts, floor):
        missed = [question for question, rank in verdicts["new"]["ranks"].items() if rank is None]
        raise InputError(
            f"canaries found their documents for {verdicts['new']['recall']:.0%} of the questions, below the floor of "
            f"{floor:.0%}; the switch is refused. Not found: {'; '.join(missed)}"
        )
    summary = {
        name: {key: verdict[key] for key in ("questions", "recall", "reciprocal_rank")}
        for name, verdict in verdicts.items()
    }
    log.info("validated", f"{plural(counted, 'point')} as the ledger says; {_words(verdicts)}", **summary)
    return {"points": counted, "canaries": summary}


def _passes(verdicts: Mapping[str, Mapping[str, Any]], floor: float) -> bool:
    return not verdicts or verdicts["new"]["recall"] >= floor


def _words(verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    if not verdicts:
        return "no canaries to ask"
    phrases = (
        f"{name} index finds {verdict['recall']:.0%} of {verdict['questions']} canaries"
        for name, verdict in verdicts.items()
    )
    return ", ".join(phrases)


def _questions(run: Run) -> list[Canary]:
    address = settings.text("CANARIES", "")
    if not address:
        return []
    try:
        return canaries.read(address)
    except (ValueError, addresses.NotFound) as error:
        raise InputError(f"the canaries cannot be read: {error}") from error


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


def _verdicts(run: Run, store: stores.Store, planned: Plan, questions: list[Canary]) -> dict[str, dict[str, Any]]:
    """Return the new index's answers, and for a rebuild the former one's, each asked by its own model."""
    verdicts = {"new": _verdict(run, store, planned.collection, questions, settings.required("MODEL"))}
    former = next((version for version in versions.read(run) if version.collection == planned.former), None)
    if former and former.collection != planned.collection and store.exists(former.collection):
        verdicts["former"] = _verdict(run, store, former.collection, questions, former.model)
    return verdicts


def _verdict(
    run: Run, store: stores.Store, collection: str, questions: list[Canary], model: Mapping[str, Any]
) -> dict[str, Any]:
    return canaries.judge(store, collection, questions, embedded(run, questions, model), TOP).facts()


def embedded(run: Run, questions: list[Canary], model: Mapping[str, Any]) -> np.ndarray:
    """Return the questions' vectors by the given model, float32[n, d]."""
    from index.embedder import Embedder, weights  # here: without canaries no model needs to be loaded

    folder = weights(model, Path(tempfile.gettempdir()) / "weights")
    return Embedder(folder, model, 4096).questions([canary.question for canary in questions])


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("validate", validate)
