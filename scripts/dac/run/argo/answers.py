"""What is given to a run in place of people and clusters: leave to go on, and what they would answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dac.run.argo.arguments import by_name
from dac.run.argo.node import JSON


@dataclass(frozen=True, slots=True)
class Answers:
    """What is given before a run to its templates that wait for a person, or ask a cluster.

    Attributes:
        resume: whether a template that waits for a person goes on at once, as after `argo resume`.
        supplied: the values of output parameters, as `argo node set` gives them: NAME or TEMPLATE.NAME -> value.
        dry_run: whether what resource templates would send to a cluster is written down instead.
    """

    resume: bool = False
    supplied: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False

    def value(self, template: JSON, name: str) -> str | None:
        """Return the value given for one of a template's output parameters; None where none was."""
        return self.supplied.get(f"{template.get('name', '')}.{name}", self.supplied.get(name))

    def resumes(self, template: JSON) -> bool:
        """Whether a template without a duration goes on: it may, or a person gave it every value that it asks for."""
        names = list(supplied_names(template))
        return self.resume or (bool(names) and all(self.value(template, name) is not None for name in names))

    def missing(self, template: JSON) -> list[str]:
        """Return the output parameters of a template that have neither a value nor a default."""
        return [
            parameter["name"]
            for parameter in raw_outputs(template)
            if "default" not in parameter["valueFrom"] and self.value(template, parameter["name"]) is None
        ]

    def unused(self, templates: list[JSON]) -> list[str]:
        """Return the names that were given and that no template asks for."""
        asked: set[str] = set()
        for template in templates:
            for name in (*supplied_names(template), *read_names(template)):
                asked |= {name, f"{template.get('name', '')}.{name}"}
        return sorted(set(self.supplied) - asked)


def supplied_names(template: JSON) -> Iterator[str]:
    """Yield the output parameters of a suspend template that a person supplies."""
    for parameter in raw_outputs(template):
        yield parameter["name"]


def read_names(template: JSON) -> Iterator[str]:
    """Yield the output parameters of a resource template, which are read of a cluster's object."""
    if "resource" in template:
        listed = (template.get("outputs") or {}).get("parameters") or []
        yield from (parameter["name"] for parameter in listed if parameter.get("valueFrom"))


def raw_outputs(template: JSON) -> list[JSON]:
    """Return the outputs of a suspend template as its node first has them (addRawOutputFields).

    One without a default of its own has that of the input of its name.
    """
    raw = []
    if "suspend" not in template:
        return []
    for parameter in (template.get("outputs") or {}).get("parameters") or []:  # as written: null is nothing
        source = parameter.get("valueFrom") or {}
        if "supplied" not in source:
            continue
        given = by_name((template.get("inputs") or {}).get("parameters"), parameter["name"]) or {}
        if "default" not in source and "default" in given:
            source = {**source, "default": given["default"]}
        raw.append({**parameter, "valueFrom": source})
    return raw
