"""Runs a workflow file as `dac run -f FILE --host-commands` does, in this process, under the name of its manifest.

`DAC_OWN_ROOTS=1 pytest tests/runner` runs each as with `--own-roots`.
"""

from __future__ import annotations

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
    own_roots: bool = OWN_ROOTS,
) -> tuple[run.Source, list[Any], run.Images]:
    """The workflow in a text, its documents, and images whose commands run on this machine.

    Raises:
        run.Refused: it is refused.
    """
    documents, findings = run.documents(text, file)
    images = run.Images(None, Path("/"), host, own_roots=own_roots)
    if findings:
        raise run.Refused(findings)
    source = run.assemble(documents, utc_now())
    if findings := run.refusals(source, documents, images, answers):
        raise run.Refused(findings)
    return source, documents, images


def run_text(text: str, state: Path, *, own_roots: bool = OWN_ROOTS, **bindings: Any) -> dict[str, Any]:
    """The record of a run of the workflow in a text."""
    source, documents, images = sources(text, own_roots=own_roots)
    given = run.of_objects([document.data for document in documents], "default").merged(run.Bindings(**bindings))
    operation, _ = run.run(source, run.Request(state, given, images, name=source.name))
    return run.result(operation)


def run_file(file: Path, state: Path) -> dict[str, Any]:
    """The record of a run of a workflow file."""
    return run_text(file.read_text(), state)
