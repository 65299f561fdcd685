"""Runs rendered workflows in local processes, as Argo would.

`assemble` picks what to run out of manifests, `refusals` says what cannot be run here as Argo would run it, `run`
runs it.
"""

from dac.run.argo.answers import Answers
from dac.run.argo.manifest import documents
from dac.run.argo.refusal import Refused
from dac.run.argo.validation import refusals
from dac.run.argo.workflow import Source, assemble
from dac.run.local.bindings import Bindings, of_catalog, of_document, of_objects
from dac.run.local.images import Images
from dac.run.local.record import result
from dac.run.local.request import Request, container, run
from dac.run.local.roots import Roots, Unavailable

__all__ = [
    "Answers",
    "Bindings",
    "Images",
    "Refused",
    "Request",
    "Roots",
    "Source",
    "Unavailable",
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
