"""Makes the run's index the one that readers see, tells the deployments and the team, and commits the ledger.

    python -m publish

In this order, each step harmless to repeat: the alias in one atomic step, the list of published versions, the deploy
manifest in DEPLOY_REPO, Slack, collections past the store's `retain` dropped, and last the ledger. A run that dies in
between is finished by its restart, or by the next run.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from index import deploy, findings, identity, intents, ledger, loss, plan, stores, versions
from index.findings import Finding
from index.ledger import Ledger
from index.manifest import Entry
from index.plan import Plan
from index.shard import PendingDocument
from index.versions import Published
from runtime import log, notify, objects, receipt, settings
from runtime.errors import InputError, TryAgain
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_NAMED = 5  # documents of each kind of finding that the message names at most; the receipt has all
# What a question's vector follows from, beside the weights' digest.
_ASKING = ("weights", "dimension", "max_tokens", "pooling", "normalise", "query_prefix", "document_prefix")


def publish() -> dict[str, Any]:
    """Publish the index; return its version and what was dropped."""
    began, run = time.time(), settings.run()
    planned = plan.read(run)
    new = ledger.read(f"{run.root}/ledger.parquet")
    if new is None:
        raise InputError(f"{run.root}/ledger.parquet is missing: upsert must run first")
    plan.guard(run)
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        if store.live(identity.alias(run)) != planned.collection:
            store.switch(identity.alias(run), planned.collection)
        published = _listed(run, planned, new)
        dropped = _dropped(run, store, planned, published, settings.required("STORE").get("retain", 2))
    finally:
        store.close()
    pushed = push_deploy_manifest(run, identity.alias(run), published[-1], new)
    noticed = findings.of_ledger(new)
    notified = notify.slack(_message(run, planned, new, noticed)) if noticed or not planned.idle else False
    _commit(run, planned)
    facts = {
        "index": new.version,
        "collection": planned.collection,
        "dropped": dropped,
        "deployed": pushed,
        "notified": notified,
    }
    receipt.write_part(run, "publish", facts, began)
    log.info("published", f"readers of {identity.alias(run)} see {new.version}", **facts)
    return facts


def _listed(run: Run, planned: Plan, new: Ledger) -> list[Published]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = versions.read(run)
    if before and (before[-1].index, before[-1].collection) == (new.version, planned.collection):
        return before
    earlier = next((version.weights for version in before if version.collection == planned.collection), "")
    latest = Published(
        new.version,
        planned.collection,
        planned.fingerprint,
        run.run_name,
        now,
        settings.required("MODEL"),
        settings.required("CHUNKING"),
        weights=_weights(run, planned) or earlier,
    )
    versions.write(run, after := versions.add(before, latest))
    return after


def _weights(run: Run, planned: Plan) -> str:
    """Return the digest of the weights that this run embedded with; "" where it embedded nothing."""
    parts = (receipt.read_part(run, f"embed-{number}") for number in range(planned.shards))
    return next((str(part["facts"]["weights"]) for part in parts if part and part["facts"].get("weights")), "")


def _dropped(run: Run, store: stores.Store, planned: Plan, published: list[Published], retain: int) -> list[str]:
    """Drop collections past retention: never the live one, nor the last to roll back to."""
    order = [version.collection for version in published]
    kept = {planned.collection, *order[-max(2, retain) :]}
    gone = [name for name in store.collections(identity.alias(run)) if name not in kept]
    past = [name for name in order if name.startswith(f"{identity.former_alias(run)}-") and name not in kept]
    gone += [name for name in past if _own(run, store, name)]
    if gone and store.live(identity.former_alias(run)) in gone:
        store.unalias(identity.former_alias(run))
    if gone:
        plan.guard(run)  # a run that has overtaken this one may be filling a collection that this one does not know
    for name in gone:
        store.drop(name)
        objects.remove(loss.ledger_address(run, name))
        objects.remove(f"{run.home}/intents/{name}")
    if gone:
        versions.write(run, [version for version in published if version.collection not in gone])
    return gone


def _own(run: Run, store: stores.Store, collection: str) -> bool:
    """Return whether nobody but this pipeline's readers can be reading a collection of its former alias.

    Until 28 November 2026 two pipelines could share a collection, and one of them may still read it. Its points tell
    them apart, but not where both have the same documents: then a name that has only one reading does.
    """
    former = identity.former_alias(run)
    if former.count("-") > 1 and store.live(former) == collection:
        log.warning("kept", f"{former} leads to {collection}, and may be another pipeline's: drop it once unread")
        return False
    committed = ledger.read(loss.ledger_address(run, collection))
    if committed is None or not store.exists(collection):
        return False
    wanted = {
        point
        for document, row in committed.rows.items()
        for point in identity.points(document, row.points, committed.fingerprint)
    }
    return wanted == {point.id for point in store.points(collection)}


def push_deploy_manifest(run: Run, alias: str, version: Published, committed: Ledger) -> bool:
    """Write the deploy manifest of an index that `alias` leads to, and return whether that changed anything."""
    if not (address := settings.text("DEPLOY_REPO", "")):
        return False
    manifest = deploy_manifest(run, alias, version, committed)
    message = f"{run.project}/{run.pipeline}: index {version.index}"
    return deploy.push(address, f"{run.project}/{run.pipeline}.json", manifest, message)


def deploy_manifest(run: Run, alias: str, version: Published, committed: Ledger) -> dict[str, Any]:
    """Return all that a reader needs to ask an index: where it is, and how a question becomes a vector.

    No date is in it: an equal index is an equal file.
    """
    store = settings.required("STORE")
    model = versions.questions_model(version.model, settings.facts("MODEL"))
    embedding = {name: model.get(name) for name in _ASKING}
    return {
        "version": 1,
        "project": run.project,
        "pipeline": run.pipeline,
        "index": version.index,
        "alias": alias,
        "collection": version.collection,
        "fingerprint": version.fingerprint,
        "engine": store["engine"],
        "distance": store.get("distance", "cosine"),
        "model": version.model.get("revision"),
        "embedding": {**embedding, "digest": version.weights},
        "documents": len(committed.rows),
        "points": committed.points,
    }


def _message(run: Run, planned: Plan, new: Ledger, noticed: list[Finding]) -> str:
    counts = planned.counts
    what = ", ".join(f"{counts[key]} {key}" for key in plan.CHANGES if counts[key])
    message = f"{run.project}/{run.pipeline}: index {new.version} is live ({what or 'nothing changed'}; "
    message += f"{plural(new.points, 'point')})"
    lines = [message, *findings.sentences(noticed, _NAMED)]
    if skipped := receipt.facts(run, "discover")["skipped"]:
        lines.append(
            f"no reader reads {', '.join(f'{count} of {suffix}' for suffix, count in sorted(skipped.items()))}"
        )
    return "\n".join(lines)


def _commit(run: Run, planned: Plan) -> None:
    """Commit the ledger last, then remove the intents that it makes good.

    A run that was overtaken between its look at the owner and its copy may have laid its ledger over the other's: then
    nothing that the ledger says is sure, and the next run is told to do every document anew.
    """
    plan.guard(run)
    target = loss.ledger_address(run, planned.collection)
    objects.copy(f"{run.root}/ledger.parquet", target)
    try:
        plan.guard(run)
    except TryAgain:
        committed = ledger.read(target) or Ledger(planned.fingerprint)
        everything = (PendingDocument(Entry(name, "", ""), row.points) for name, row in committed.rows.items())
        intents.write(run, planned.collection, everything, name=f"{run.run_id}-fenced")
        raise
    own = f"{run.home}/intents/{planned.collection}/{run.run_id}.jsonl"
    intents.forget([*planned.intents, own])


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("publish", publish)
