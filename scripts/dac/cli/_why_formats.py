"""What `dac why` tells, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.model.object_path import written
from dac.model.origin import Leaf, Origin, OriginKind
from dac.model.printing import json_printable, printable
from dac.model.words import plural, quoted

Redact = Callable[[str], str]
_VALUE = 100  # characters of a value


@dataclass(frozen=True)
class Leverage:
    """How many fields a team would write without the standards, for each decision that it writes with them.

    Attributes:
        fields: values in the rendered manifests and in the templates that they call.
        decisions: values in decisions.yaml.
    """

    fields: int
    decisions: int

    @property
    def ratio(self) -> float:
        """Fields a decision."""
        return round(self.fields / self.decisions, 1) if self.decisions else 0.0

    def __str__(self) -> str:
        return f"{plural(self.fields, 'raw field')} from {plural(self.decisions, 'decision')}: {self.ratio} a decision"


def lines_of(leaves: Sequence[Leaf], redact: Redact) -> list[str]:
    """Return each leaf with every line that it comes from."""
    lines: list[str] = []
    title = ""
    for leaf in leaves:
        if title != (title := f"{leaf.subject}: {leaf.file}"):
            lines += ["", printable(title)] if lines else [printable(title)]
        lines.append(f"  {printable(written(leaf.path))}: {_shown(leaf.value, redact)}")
        lines += [f"    {_origin(origin, redact)}" for origin in leaf.origins]
    return lines


def summary(leaves: Sequence[Leaf]) -> list[str]:
    """Return a line for each object: how many of its values come from whom, as the nearest to the team."""
    objects: dict[tuple[str, str, str], Counter[OriginKind]] = {}
    for leaf in leaves:
        kinds = objects.setdefault((leaf.subject, leaf.file, leaf.path[0]), Counter())
        kinds[leaf.origins[0].kind] += 1
    lines: list[str] = []
    title = ""
    for (subject, file, name), kinds in objects.items():
        if title != (title := f"{subject}: {file}"):
            lines += ["", printable(title)] if lines else [printable(title)]
        lines.append(f"  {printable(name)}: {plural(kinds.total(), 'value')}: {counted(kinds)}")
    return lines


def counted(kinds: Mapping[OriginKind, int]) -> str:
    """Return how many values come from each kind of line; the unknown are always counted."""
    return ", ".join(f"{kinds.get(k, 0)} {k}" for k in OriginKind if kinds.get(k) or k is OriginKind.UNKNOWN)


def kinds_of(leaves: Sequence[Leaf]) -> Counter[OriginKind]:
    """Return how many leaves come from each kind of line, as the nearest to the team."""
    return Counter(leaf.origins[0].kind for leaf in leaves)


def as_json(leaves: Sequence[Leaf], facts: Mapping[str, Any], redact: Redact) -> str:
    """`{"version": 1, ..., "counts": {...}, "values": [...]}`."""
    kinds = kinds_of(leaves)
    document = {
        "version": 1,
        **facts,
        "counts": {str(kind): kinds.get(kind, 0) for kind in OriginKind},
        "values": [
            {
                "subject": leaf.subject,
                "file": leaf.file,
                "path": written(leaf.path),
                "value": _redacted(leaf.value, redact),
                "origins": [_entry(origin, redact) for origin in leaf.origins],
            }
            for leaf in leaves
        ],
    }
    return json_printable(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _entry(origin: Origin, redact: Redact) -> dict[str, Any]:
    if origin.kind is OriginKind.UNKNOWN:
        return {"kind": "unknown", "at": None, "what": "", "value": None}
    what, value = _what(origin), origin.value
    return {
        "kind": str(origin.kind),
        "at": str(origin.location),
        "what": what,
        "value": None if isinstance(value, Mapping | list) else _redacted(value, redact),
    }


def _origin(origin: Origin, redact: Redact) -> str:
    if origin.kind is OriginKind.UNKNOWN:
        return "unknown    nothing tells where it comes from"
    what, value = _what(origin), origin.value
    shown = "" if value is None or isinstance(value, Mapping | list) else f": {_shown(value, redact)}"
    return f"{origin.kind:<10} {printable(str(origin.location))}  {printable(what)}{shown}".rstrip()


def _what(origin: Origin) -> str:
    """Return what stands at an origin's place: its keys, or what a place without keys is."""
    if origin.pointer:
        return ".".join(map(str, origin.pointer))
    if origin.kind is OriginKind.DECISION:
        return "the project's name, that of its folder"
    return "the hash of the whole object" if origin.kind is OriginKind.COMPUTED else ""


def _shown(value: Any, redact: Redact) -> str:
    return printable(quoted(_redacted(value, redact), _VALUE))


def _redacted(value: Any, redact: Redact) -> Any:
    return redact(value) if isinstance(value, str) else value
