"""Whether a standard still takes what its users decided: a major version only ever grows.

A v1 is changed in place, for every project at once, and Argo CD applies templates and CronWorkflows in no fixed order:
a decision or an argument that stands may not go, nor become narrower; what is new must be optional.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model import Finding, Pointer, Repository, Standard
from dac.model.standard import successor
from dac.model.suggestion import nearest
from dac.model.words import quoted

_LOW = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
_HIGH = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])
_REMEDY = "put it back, and make the change in a version beside this one, with a migration.yaml for dac migrate"


def breaking_edits(before: Repository, after: Repository) -> list[Finding]:
    """Return a finding for each edit that breaks a project which was valid before it."""
    findings: list[Finding] = []
    for ref, old in before.standards.items():
        new = after.standards.get(ref)
        if new is None and ref not in after.broken:
            text = f"{ref} is gone, and pipelines may use it"
            findings.append(Finding(old.document.at(()), "standard.breaking", text, _put_back(old, after)))
        elif new is not None:
            findings += [*_schema(old, new), *_arguments(old, new)]
    return sorted(findings)


def _put_back(old: Standard, after: Repository) -> str:
    """Return what to do where a version is gone: its pipelines move first, where a migration says how."""
    if newer := successor(old, after.standards):
        return f"put it back until every pipeline is moved to {newer.ref}: dac migrate PROJECT"
    return "put it back"


def _schema(old: Standard, new: Standard) -> Iterator[Finding]:
    yield from _narrowed(old.decisions, new.decisions, ("decisions",), new)


def _narrowed(
    old: Mapping[str, Any], new: Mapping[str, Any], pointer: Pointer, standard: Standard
) -> Iterator[Finding]:
    """Yield what the old schema accepts and the new one refuses, as far as the two show it."""
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before.keys() - after.keys():
        guess = nearest(name, after.keys() - before.keys())
        text = f"decision {quoted(name)} is gone" + (f", or is now {quoted(guess)}" if guess else "")
        yield _finding(standard, (*pointer, "properties"), text)
    for name in set(new.get("required", [])) - set(old.get("required", [])):
        text = f"decision {quoted(name)} was optional, or was not there, and is required now"
        yield _finding(standard, (*pointer, "required"), text, "leave it optional, with a default")
    for name in before.keys() & after.keys():
        place = (*pointer, "properties", name)
        yield from _narrower_value(name, before[name], after[name], place, standard)
        if isinstance(before[name].get("properties"), Mapping):
            yield from _narrowed(before[name], after[name], place, standard)


def _narrower_value(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], place: Pointer, standard: Standard
) -> Iterator[Finding]:
    types = _types(old) - _types(new) if _types(new) else set()
    if types:
        yield _finding(
            standard, (*place, "type"), f"decision {quoted(name)} can no more be {' or '.join(sorted(types))}"
        )
    if "enum" in new:
        gone = [value for value in old.get("enum", []) if value not in new["enum"]]
        if gone or "enum" not in old:
            values = ", ".join(map(quoted, gone)) or "what is not listed"
            yield _finding(standard, (*place, "enum"), f"decision {quoted(name)} can no more be {values}")
    both = "x-catalog" not in old and new.get("x-address") is not None and new["x-address"] == old.get("pattern")
    if new.get("x-catalog") not in (None, old.get("x-catalog")) and not both:
        text = f"decision {quoted(name)} is now a name of the catalog's {quoted(new['x-catalog'])}"
        yield _finding(standard, (*place, "x-catalog"), text)
    if "x-address" in old and new.get("x-address") != old["x-address"] and "x-catalog" in new:
        text = f"decision {quoted(name)} takes other addresses, or none"
        yield _finding(standard, (*place, "x-address") if "x-address" in new else place, text)
    for bound in sorted((_LOW | _HIGH) & new.keys()):
        grew = new[bound] - old.get(bound, new[bound])
        if bound not in old or (grew > 0 if bound in _LOW else grew < 0):
            was = old.get(bound, "unbounded")
            text = f"decision {quoted(name)} is bounded more tightly: {bound} is {new[bound]}, and was {was}"
            yield _finding(standard, (*place, bound), text)


def _types(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _arguments(old: Standard, new: Standard) -> Iterator[Finding]:
    for name in old.parameters.keys() - new.parameters.keys():
        guess = nearest(name, new.parameters.keys() - old.parameters.keys())
        text = f"argument {quoted(name)} is gone" + (f", or is now {quoted(guess)}" if guess else "")
        yield _finding(new, ("parameters",), text)


def _finding(standard: Standard, pointer: Pointer, text: str, remedy: str = "") -> Finding:
    place = standard.document.at_key(pointer)
    return Finding(place, "standard.breaking", f"{standard.ref}: {text}", remedy or _REMEDY)
