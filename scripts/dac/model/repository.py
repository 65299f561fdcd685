"""The whole tree as the stages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dac.model.catalog import Catalog
from dac.model.document import Document
from dac.model.project import Project, StandardRef
from dac.model.standard import Standard


@dataclass(frozen=True, slots=True)
class Repository:
    """What was loaded.

    Attributes:
        root: absolute path of the tree.
        catalog: facts by kind and name.
        standards: by reference.
        platform: path relative to the root -> each document of standards/platform (the namespace baseline too).
        observability: file name -> text of standards/platform/observability.
        projects: by name; as far as each could be read. One with an error is left out before it is expanded.
        broken: standards whose own files could not be read: known, so that no project is told they are not.
        waivers: policy/waivers.yaml; None where there is none.
    """

    root: Path
    catalog: Catalog
    standards: Mapping[StandardRef, Standard]
    platform: Mapping[str, list[Document]]
    projects: Mapping[str, Project]
    broken: frozenset[StandardRef] = frozenset()
    waivers: Document | None = None
    observability: Mapping[str, str] = field(default_factory=dict)
