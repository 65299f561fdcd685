"""A standard: a versioned pipeline shape, held as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.model.document import Document
from dac.model.migration import Migration
from dac.model.project import StandardRef


@dataclass(frozen=True, slots=True)
class Parameter:
    """A template argument.

    Attributes:
        name: as the template calls it.
        value: CEL over `decisions`, `catalog`, `project`, `pipeline`, `content`; gives text, or null to pass none.
        pattern: RE2 pattern that the whole value must match; admission policy and Rego use the same one.
        description: one line for the generated README.
        by_hand: whether a person who starts a run may set it; every other argument is as it was merged.
    """

    name: str
    value: str
    pattern: str
    description: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Standard:
    """A folder standards/<name>/<version>/.

    Attributes:
        ref: name and major version.
        folder: path relative to the root.
        summary: one line.
        decisions: JSON Schema (draft 2020-12) of the decisions; `x-catalog: KIND` on a property says that
            its value is a name in standards/catalog/KIND.yaml.
        parameters: by name, in the file's order.
        schedule: CEL that gives {cron, timezone, suspend}.
        limits: what policy holds projects to (`min_interval_minutes`, `max_shards`, ...).
        document: standard.yaml as loaded.
        template: template.yaml as loaded, before the catalog's facts are put in.
        service_account: name of the ServiceAccount that its pods run as, in each namespace that uses it.
        checks: names of the estimates that Python makes for it.
        estimate: what a run takes: figures, work, steps, tokens; empty where the standard does not say.
        migration: how pipelines of another version become its own; None where that is not said.
    """

    ref: StandardRef
    folder: str
    summary: str
    decisions: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    schedule: str
    limits: Mapping[str, Any]
    document: Document
    template: Document
    service_account: str
    checks: tuple[str, ...] = ()
    estimate: Mapping[str, Any] = field(default_factory=dict)
    migration: Migration | None = None


def successor(standard: Standard, standards: Mapping[StandardRef, Standard]) -> Standard | None:
    """Return the version that pipelines of a standard can move to; None where no migration starts from it."""
    versions = [other for ref, other in standards.items() if ref.name == standard.ref.name]
    moving = (other for other in versions if other.migration and other.migration.version == standard.ref.version)
    return next(moving, None)


def with_defaults(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return decisions with the schema's defaults for those left out, at every depth.

    A default that is itself a mapping is completed by the defaults within it, so that checks see exactly what is
    rendered.
    """
    filled = dict(value)
    for name, part in schema.get("properties", {}).items():
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        if isinstance(filled.get(name), Mapping):
            filled[name] = with_defaults(filled[name], part)
    return filled
