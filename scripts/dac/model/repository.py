"""The whole tree as the stages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
        projects: by name; only those that are well-formed.
    """

    root: Path
    catalog: Catalog
    standards: Mapping[StandardRef, Standard]
    platform: Mapping[str, list[Document]]
    projects: Mapping[str, Project]
