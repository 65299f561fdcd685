"""Delete what no run needs any more of all projects: files, logs, collections. It shows them unless told to delete.

    python -m sweep
    python -m sweep --delete

Prints a table of what is due, with the reason, and how much of each class is kept; writes
<artifacts>/_sweep/receipts/<run name>.json, and since when pipelines are missing into <artifacts>/_sweep/missed.json.

Environment: OBJECTS, ARTIFACTS, LOGS (root of the engine's logs, or empty), RETENTION (the days of each class, and
most_gone), STORES (by store: the catalog's facts and its url), MLFLOW (the model registry's address, or empty),
PUSHGATEWAY (its address, or empty), RUN_NAME. What lives is asked of the cluster, or read from --living FILE:
{"pipelines": {PROJECT: {PIPELINE: STORE}}, "runs": {PROJECT: [RUN]}, "in_flight": {PROJECT: [PIPELINE]}}, where a run
is its uid or its name.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from index.leftovers import Leftovers
from runtime import log, settings
from runtime.errors import InputError, TryAgain
from runtime.program import exit_code
from runtime.retention.cluster import Cluster
from runtime.retention.item import Living
from runtime.retention.lines import FAILED, table
from runtime.retention.models import Registry
from runtime.retention.pushed import Gateway
from runtime.retention.sweeping import Rules, Sweep


def living_in(file: Path) -> Callable[[str], Living]:
    """Return what answers from a file what lives; it is read anew each time.

    Raises:
        InputError: there is no such file, or it does not say what lives.
    """

    def ask(_project: str) -> Living:
        try:
            value = orjson.loads(file.read_bytes())
            runs, flying = (
                {project: frozenset(names) for project, names in value.get(key, {}).items()}
                for key in ("runs", "in_flight")
            )
            return Living(dict(value["pipelines"]), runs, flying)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: does not say what lives: {error}; see python -m sweep --help") from error

    return ask


def sweep(ask: Callable[[str], Living], delete: bool, now: float) -> dict[str, Any]:
    """Sweep, print the table, and return the counts.

    Raises:
        InputError: so many pipelines are gone that the list of those that live must be wrong.
        TryAgain: the cluster or the object store did not answer, or something could not be read or deleted.
    """
    rules, artifacts = settings.required("RETENTION"), settings.text("ARTIFACTS").rstrip("/")
    name = os.environ.get("RUN_NAME", "") or f"sweep-{int(now)}"
    own = Rules(artifacts, settings.text("LOGS", "").rstrip("/"), rules["days"], rules["most_gone"], name, not delete)
    models = Registry(settings.text("MLFLOW", ""), artifacts)
    gateway = Gateway(settings.text("PUSHGATEWAY", ""))
    ours = Sweep(own, ask, Leftovers(settings.facts("STORES"), artifacts), now, models, gateway)
    value = ours.run()
    for line in table(ours.results):
        print(line)
    for line in value["unread"]:
        log.warning("unread", f"{line}; all of it stays")
    failed = sum(outcome == FAILED for _, outcome in ours.results)
    if failed or value["unread"]:
        unread = len(value["unread"])
        raise TryAgain(f"not done: {failed} could not be deleted, {unread} could not be read; the lines above say why")
    return {key: value[key] for key in ("name", "dry_run", "counts", "bytes")}


def program() -> dict[str, Any]:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--delete", action="store_true", help="delete what is due")
    action.add_argument("--dry-run", action="store_true", help="delete nothing; so it is without --delete too")
    parser.add_argument("--living", type=Path, help="a file that says what lives, in the cluster's place")
    flags = parser.parse_args()
    ask = living_in(flags.living) if flags.living else Cluster().living
    return sweep(ask, flags.delete, time.time())


if __name__ == "__main__":
    os.environ["STEP"] = "sweep"
    raise SystemExit(exit_code(program))
