"""The catalog: facts that standards look up by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.model.document import Document


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every standards/catalog/<kind>.yaml.

    Attributes:
        kinds: kind (the file's stem) -> name -> facts.
        documents: kind -> the file as loaded; `owners/<owner>` -> the file with that owner's projects.
        schemas: kind -> its JSON Schema, standards/catalog/<kind>.schema.json.
    """

    kinds: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Document]
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
