"""`dac sweep`: deletes what runs on this machine left and no run needs any more."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._image_program import place_of
from dac.cli._pipeline import last_event, messages
from dac.cli._printer import say, say_row
from dac.cli._runs import LocalRuns, state_option, tree_pipelines
from dac.load import TreePipeline
from dac.load.standards import load_catalog
from dac.model import Catalog
from dac.model.run_record import RunRecord
from dac.model.words import plural

_IMAGE = "rag"  # its program `sweep` is what the platform's CronWorkflow runs in a cluster
_MOST = 1_000_000  # records of a pipeline


@click.command()
@click.option("--delete", is_flag=True, help="Delete what is due; without it, only say what would be.")
@state_option
@root_option
@click.pass_context
def sweep(ctx: click.Context, delete: bool, state: Path | None, root: Path) -> None:
    """Say what no run of this machine needs any more, or delete it, by the days of the catalog's `retention`.

    Records of runs, of which the newest of a pipeline, the newest that succeeded and those under way stay, and of a
    pipeline that the tree does not decide any more none but those under way; then, by the same program and rules as in
    a cluster, folders of runs whose record is gone, checkpoints, receipts, tokens and collections, and all of pipelines
    that the tree does not decide any more; and versions of models that runs of this machine promoted, in the registry
    that `local` under `mlflow` in standards/catalog/endpoints.yaml names. Each is a line: what, how much, where and
    why. The receipt is in the object store, under _sweep.

    In a cluster the platform's own CronWorkflow does it: docs/on-call.md, "The sweeper".

    Exit status: 0 done, 1 not all could be read or deleted, 2 misuse, or so much seems gone that nothing is believed.

    \b
    Examples:
      dac sweep
      dac sweep --delete
    """
    catalog, findings = load_catalog(root)
    if catalog is None or findings:
        raise Misuse("the catalog cannot be read; dac check says why")
    pipelines, unreadable = tree_pipelines(root, "")
    if unreadable:
        raise Misuse(f"{unreadable[0]}; what it has is not taken for gone")
    source = LocalRuns(root, state)
    folder = (state or root / ".dac").resolve()
    days = catalog.kinds["platform"]["retention"]["days"]
    due, stays = _records(source, pipelines, days)
    living = _living(source, pipelines, stays)
    done = _program(root, catalog, folder, living, delete)
    if done.returncode not in (0, 75):
        raise Misuse(last_event(done.stderr))
    for name, why in due:
        say_row("record", str(folder / "runs" / name), why)
    stayed = delete and not _remove(source, [name for name, _ in due])
    for line in done.stdout.splitlines()[:-1]:  # the last one is for programs
        say(line)
    if done.returncode:
        for message in messages(done.stderr):
            say(message, err=True)
    elif not delete:
        say("nothing was deleted; dac sweep --delete does", err=True)
    ctx.exit(1 if done.returncode or stayed else 0)


def _remove(source: LocalRuns, names: Iterable[str]) -> bool:
    """Remove records, and what a removal left that died; say which stay, and return whether all went."""
    gone = True
    removals: list[Callable[[], None]] = [source.history.remove_halves]
    removals += [partial(source.history.remove, name) for name in names]
    for remove in removals:
        try:
            remove()
        except OSError as error:
            gone = False
            say(f"{error.filename}: {error.strerror}; it stays", err=True)
    return gone


def _records(
    source: LocalRuns, pipelines: Sequence[TreePipeline], days: Mapping[str, float]
) -> tuple[list[tuple[str, str]], list[RunRecord]]:
    """Return the names of records that are due, with the reason, and the runs whose records stay."""
    due: list[tuple[str, str]] = []
    stays: list[RunRecord] = []
    now, names = datetime.now(UTC), set(source.history.names())
    there = {(pipeline.project, pipeline.workflow) for pipeline in pipelines}
    for project, pipeline in sorted({*there, *source.history.owners()}):
        gone = (project, pipeline) not in there
        kept = days["gone"] if gone else days["runs"]
        runs = source.history.runs(project, pipeline, _MOST)
        needed = [] if gone else [*runs[:1], *[run for run in runs if run.phase == "Succeeded"][:1]]
        for run in runs:
            old = run.finished or run.started
            if run.active or old is None or old > now - timedelta(days=kept) or run in needed:
                stays.append(run)
            elif run.name in names:
                what = ", and its pipeline is gone" if gone else ""
                due.append((run.name, f"it ended {old:%Y-%m-%d}{what}; kept for {plural(kept, 'day')}"))
    return due, stays


def _living(source: LocalRuns, pipelines: Sequence[TreePipeline], stays: Iterable[RunRecord]) -> dict[str, Any]:
    """Return what lives, as the program reads it: pipelines with their stores, runs with a record, those under way."""
    living: dict[str, Any] = {"pipelines": {}, "runs": {}, "in_flight": {}}
    for pipeline in pipelines:
        living["pipelines"].setdefault(pipeline.project, {})[pipeline.workflow] = _store(pipeline)
    for run in stays:
        living["runs"].setdefault(run.project, []).extend(filter(None, [run.name, source.history.uid(run.name)]))
        if run.active:
            living["in_flight"].setdefault(run.project, []).append(run.pipeline)
    return living


def _store(pipeline: TreePipeline) -> str:
    spec: Mapping[str, Any] = (pipeline.manifest or {}).get("spec", {}).get("workflowSpec", {})
    given = spec.get("arguments", {}).get("parameters", [])
    return next((str(item.get("value", "")) for item in given if item["name"] == "store"), "")


def _program(
    root: Path, catalog: Catalog, state: Path, living: Mapping[str, Any], delete: bool
) -> subprocess.CompletedProcess[str]:
    """Run the image's program over the state folder's object store."""
    from dac import run as runner

    endpoints = runner.of_catalog(catalog, state).configmaps["endpoints"]
    place = place_of(runner.Images(catalog, root, False), catalog, _IMAGE)
    stores = {
        name: {key: value for key, value in facts.items() if key != "summary"}
        | {"url": endpoints.get(f"store-{name}", "")}
        for name, facts in catalog.kinds["stores"].items()
    }
    settings = {
        "OBJECTS": endpoints["objects"],
        "ARTIFACTS": endpoints["artifacts"],
        "RETENTION": json.dumps(catalog.kinds["platform"]["retention"]),
        "STORES": json.dumps(stores),
        "MLFLOW": endpoints.get("mlflow", ""),
        "PUSHGATEWAY": endpoints.get("pushgateway", ""),
        "RUN_NAME": f"sweep-{datetime.now(UTC):%Y%m%d%H%M%S}",
    }
    with tempfile.TemporaryDirectory(prefix="dac-sweep-") as folder:
        file = Path(folder) / "living.json"
        file.write_text(json.dumps(living))
        words = place.program("sweep", "--living", str(file), "--delete" if delete else "--dry-run")
        environment = {"HOME": os.environ.get("HOME", folder), **place.environment, **settings}
        return subprocess.run(words, env=environment, cwd=place.folder, capture_output=True, text=True, check=False)
