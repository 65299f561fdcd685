"""Runs a workflow file as `dac run -f FILE --host-commands` does, in this process, under the name of its manifest.

`DAC_OWN_ROOTS=1 pytest tests/runner` runs each as with `--own-roots`.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from dac import run
from dac.run.argo.controller import utc_now

OWN_ROOTS = bool(os.environ.get("DAC_OWN_ROOTS"))


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


def run_text(text: str, state: Path, *, own_roots: bool = OWN_ROOTS, **bindings: Any) -> dict[str, Any]:
    """The record of a run of the workflow in a text."""
    with contextlib.ExitStack() as stack:
        roots = stack.enter_context(contextlib.closing(run.Roots(state))) if own_roots else None
        source, documents, images = sources(text, roots=roots)
        given = run.of_objects([document.data for document in documents], "default").merged(run.Bindings(**bindings))
        operation, _ = run.run(source, run.Request(state, given, images, name=source.name))
        return run.result(operation)


def run_file(file: Path, state: Path) -> dict[str, Any]:
    """The record of a run of a workflow file."""
    return run_text(file.read_text(), state)


def unavailable(state: Path) -> str:
    """Why containers cannot have roots of their own on this machine; empty where they can."""
    try:
        run.Roots(state).close()
    except run.Unavailable as error:
        return str(error)
    return ""
