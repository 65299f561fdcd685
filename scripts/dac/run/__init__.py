"""Runs rendered workflows in local processes, as Argo would.

`assemble` picks what to run out of manifests, `refusals` says what cannot be run here as Argo would run it, `run`
runs it.
"""

from dac.run.bindings import Bindings, of_catalog, of_document, of_objects
from dac.run.images import Images
from dac.run.local import Request, container, run
from dac.run.manifest import documents
from dac.run.record import result
from dac.run.refusal import Refused
from dac.run.validation import refusals
from dac.run.workflow import Source, assemble

__all__ = [
    "Bindings",
    "Images",
    "Refused",
    "Request",
    "Source",
    "assemble",
    "container",
    "documents",
    "of_catalog",
    "of_document",
    "of_objects",
    "refusals",
    "result",
    "run",
]
