"""Leads readers back to the index before the live one.

    python -m rollback

The alias goes back in one step, the deploy manifest with it. The next run builds what the decisions say, and so leads
forward again: revert the decision that made the bad index as well.
"""

from __future__ import annotations

import argparse
from typing import Any

import ledger
import publish
import stores
import versions
from step import InputError, Run, facts, main, say, text


def rollback() -> dict[str, Any]:
    """Switches to the published index before the live one; says which."""
    run = Run.from_environment()
    store = stores.open_store(text("STORE_URL"), facts("STORE"))
    try:
        published = versions.read(run)
        live = store.live(run.alias)
        former = [one for one in published if one.collection != live and store.exists(one.collection)]
        if not former:
            raise InputError(f"{run.project}/{run.pipeline} has no former index to go back to")
        target = former[-1]
        store.switch(run.alias, target.collection)
    finally:
        store.close()
    versions.write(run, versions.add(published, target))
    pushed = publish.told_deployments(run, target, _ledger(run, target))
    found = {"index": target.index, "collection": target.collection, "from": live, "deployed": pushed}
    say(f"readers of {run.alias} see {target.index} again", **found)
    return found


def _ledger(run: Run, target: versions.Published) -> ledger.Ledger:
    found = ledger.read(run.objects, f"{run.home}/ledger/{target.collection}.parquet", target.fingerprint)
    return found or ledger.Ledger(target.fingerprint)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main(rollback)
