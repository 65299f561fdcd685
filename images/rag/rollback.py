"""Leads readers back to the index before the live one.

    python -m rollback

The alias goes back in one step, the deploy manifest with it. The next run builds what the decisions say, and so leads
forward again: revert the decision that made the bad index as well. In a run of its own (`dac rollback --cluster`) it
leaves its part of that run's receipt, and tried again it goes where it went first: `--in-a-run`.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import orjson
import publish
from index import ledger, loss, stores, versions
from index.live import alias as live_alias
from index.versions import Published
from runtime import log, notify, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import exit_code, main
from runtime.settings import Run


def rollback(in_a_run: bool = False) -> dict[str, Any]:
    """Switch to the published index before the live one and return which it is.

    Raises:
        InputError: there is no former index. One that was rolled back from does not count.
    """
    began, run = time.time(), settings.run()
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        published = versions.read(run)
        alias = live_alias(store, run)
        live = store.live(alias)
        if live is None:
            raise InputError(
                f"{run.project}/{run.pipeline} has no index yet; run: dac run {run.project}/{run.pipeline}"
            )
        former = [version for version in published if version.collection != live and store.exists(version.collection)]
        target = next((version for version in reversed(former) if not version.withdrawn), None)
        if in_a_run:
            live, target = _held(run, published, live, target)
        if target is not None:  # the list first: killed between the two, the same call goes on where it was
            versions.write(run, versions.back(published, live, target))
            store.switch(alias, target.collection)
    finally:
        store.close()
    shown = target or next((version for version in published if version.collection == live), None)
    pushed = shown is not None and publish.push_deploy_manifest(run, alias, shown, _ledger(run, shown))
    if shown is None or (target is None and not pushed):
        raise InputError(_refusal(run, former))
    notified = notify.slack(f"{run.project}/{run.pipeline}: readers were led back to index {shown.index}")
    facts = {
        "index": shown.index,
        "collection": shown.collection,
        "from": live,
        "deployed": pushed,
        "notified": notified,
    }
    if in_a_run:
        receipt.write_part(run, "rollback", facts, began)
    log.info("rolled_back", f"readers of {alias} see {shown.index} again", **facts)
    return facts


def _held(run: Run, published: list[Published], live: str, target: Published | None) -> tuple[str, Published | None]:
    """From where and to where this run leads readers, however often it is tried."""
    address = f"{run.root}/rollback.json"
    if objects.exists(address):
        held = orjson.loads(objects.read(address))
        return held["from"], next(version for version in published if version.collection == held["to"])
    if target is not None:
        objects.write(address, orjson.dumps({"version": 1, "from": live, "to": target.collection}))
    return live, target


def _refusal(run: Run, withdrawn: list[Published]) -> str:
    refusal = f"{run.project}/{run.pipeline} has no former index to go back to; readers stay where they are"
    if not withdrawn:
        return refusal
    return (
        f"{refusal}. {withdrawn[-1].index} was rolled back from: the next run leads forward to what the decisions say"
    )


def _ledger(run: Run, target: Published) -> ledger.Ledger:
    committed = ledger.read(loss.ledger_address(run, target.collection), target.fingerprint)
    return committed or ledger.Ledger(target.fingerprint)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-a-run", action="store_true", help="as the only step of a run, which has a receipt")
    flags = parser.parse_args()
    if flags.in_a_run:
        main("rollback", lambda: rollback(in_a_run=True))
    sys.exit(exit_code(rollback))
