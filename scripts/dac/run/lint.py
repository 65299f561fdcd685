"""What the controller itself would call an invalid spec (workflow/validate of Argo 4.0.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dac.model import Document, Finding
from dac.run.workflow import Source


def faults(source: Source, documents: Sequence[Document]) -> Iterable[Finding]:
    """Every fault, with the template that it is in."""
    if not source.spec.get("entrypoint"):
        yield Finding(
            source.document.at(("spec",)), "run.invalid", "spec.entrypoint is required", "name it, or give --entrypoint"
        )
