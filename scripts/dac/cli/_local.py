"""A run in processes of this machine: its addresses, what is refused before it starts, and watching it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from dac import run as runner
from dac.cli._arguments import Misuse
from dac.cli._pipeline import refuse
from dac.cli._printer import say
from dac.cli._watch import Watch
from dac.model import Catalog, Document
from dac.run.argo.controller import utc_now
from dac.run.argo.state import RunState


def bindings_of(
    catalog: Catalog,
    state: Path,
    platform: Sequence[Mapping[str, object]],
    documents: Sequence[Document],
    namespace: str,
) -> runner.Bindings:
    """Return the platform's ConfigMaps, over them the catalog's local addresses, over those the documents' own."""
    own = [document.data for document in documents if isinstance(document.data, dict)]
    around = runner.of_objects(platform, namespace).merged(runner.of_catalog(catalog, state))
    return around.merged(runner.of_objects(own, namespace or "default"))


def assembled(
    ctx: click.Context,
    documents: Sequence[Document],
    entrypoint: str,
    arguments: Mapping[str, str],
    images: runner.Images,
    answers: runner.Answers | None = None,
) -> runner.Source:
    """Return what to run; end the command if a field of it cannot be honoured."""
    try:
        source = runner.assemble(documents, utc_now(), entrypoint=entrypoint, parameters=arguments)
    except runner.Refused as refused:
        refuse(ctx, refused.findings)
        raise AssertionError("unreachable") from refused
    refuse(ctx, runner.refusals(source, documents, images, answers))
    if source.unused:
        say(f"not used here: {', '.join(source.unused)}", err=True)
    return source


def watched(source: runner.Source, request: runner.Request) -> tuple[RunState, Path]:
    """Run to the end, showing each node's change; return the run and its folder."""
    watch = Watch(request.state / "runs")
    try:
        with watch:
            operation, folder = runner.run(source, replace(request, watch=watch.changed))
    except OSError as error:
        raise Misuse(
            f"the run cannot be recorded in {request.state}: {error.strerror}; give another folder with --state"
        ) from error
    watch.end(operation, folder)
    return operation, folder
