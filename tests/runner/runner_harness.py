"""Runs a workflow file as `dac run -f FILE --host-commands` does, in this process, under the name of its manifest.

Containers have roots of their own where this machine gives them, as the command has it. `DAC_SHARED_ROOT=1 pytest
tests/runner` rewrites paths instead, as `--no-own-roots` does.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from dac import run
from dac.run.argo.controller import utc_now

SHARED_ROOT = bool(os.environ.get("DAC_SHARED_ROOT"))


def sources(
    text: str,
    file: str = "workflow.yaml",
    *,
    host: bool = True,
    answers: run.Answers | None = None,
    roots: run.Roots | None = None,
) -> tuple[run.Source, list[Any], run.Images]:
    """The workflow in a text, its documents, and images whose commands run on this machine.

    Raises:
        run.Refused: it is refused.
    """
    documents, findings = run.documents(text, file)
    images = run.Images(None, Path("/"), host, roots=roots)
    if findings:
        raise run.Refused(findings)
    source = run.assemble(documents, utc_now())
    if findings := run.refusals(source, documents, images, answers):
        raise run.Refused(findings)
    return source, documents, images


def run_text(text: str, state: Path, *, own_roots: bool | None = None, **bindings: Any) -> dict[str, Any]:
    """The record of a run of the workflow in a text."""
    with contextlib.ExitStack() as stack:
        roots = _roots(state, own_roots)
        if roots:
            stack.callback(roots.close)
        source, documents, images = sources(text, roots=roots)
        given = run.of_objects([document.data for document in documents], "default").merged(run.Bindings(**bindings))
        operation, _ = run.run(source, run.Request(state, given, images, name=source.name))
        return run.result(operation)


def run_file(file: Path, state: Path, *, own_roots: bool | None = None) -> dict[str, Any]:
    """The record of a run of a workflow file."""
    return run_text(file.read_text(), state, own_roots=own_roots)


def _roots(state: Path, wanted: bool | None) -> run.Roots | None:
    if wanted is False or (wanted is None and SHARED_ROOT):
        return None
    try:
        return run.Roots(state)
    except run.Unavailable:
        if wanted:
            raise
        return None


def notes(state: Path) -> list[str]:
    """What the runs of a state folder said of what held them up, "" where that was over."""
    files = state.glob("runs/*/events.jsonl")
    events = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [event["message"] for event in events if event["event"] == "note"]


def unavailable(state: Path) -> str:
    """Why containers cannot have roots of their own on this machine; empty where they can."""
    try:
        run.Roots(state).close()
    except run.Unavailable as error:
        return str(error)
    return ""
