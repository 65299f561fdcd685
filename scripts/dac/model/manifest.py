"""A rendered manifest: one file that Argo CD will sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Manifest:
    """One rendered file.

    Attributes:
        path: relative to the repository's root.
        objects: the Kubernetes objects in it, in order.
        project: whose it is; None for what standards/ renders.
    """

    path: str
    objects: tuple[Mapping[str, Any], ...]
    project: str | None = None
