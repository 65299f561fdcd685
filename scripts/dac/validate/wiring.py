"""A standard's own wiring: what it asks, what it passes on and what its template takes fit together.

The platform team errs too, and its error would be shown to every project: so it is told here, in the standard's files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dac.model import Document, EffectClass, Finding, Pointer, Repository, Standard
from dac.model.cel import compile_cel
from dac.model.suggestion import nearest, suggestion
from dac.model.words import quoted
from dac.validate.schedule import is_written_out
from dac.validate.schema import fits, is_address, names_of, schema_error

_VARIABLES = ("decisions", "catalog", "project", "pipeline", "content")
_OF_ESTIMATES = ("decisions", "catalog", "size", "limits", "figures", "work")
_ARGUMENT = re.compile(r"workflow\.parameters\.([A-Za-z0-9_-]+)")
_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]")  # look-around, atomic groups, back-references
_ARGUMENTS: Pointer = ("spec", "arguments", "parameters")


def wiring_findings(standard: Standard, repository: Repository) -> list[Finding]:
    """Every finding about one standard's files."""
    expressions = list(_expressions(standard))
    return [
        *_schema(standard, repository),
        *(expressions or _unused(standard)),  # a decision that is misspelt in an expression reaches nothing by that
        *_patterns(standard),
        *_arguments(standard),
        *_references(standard.template, set(standard.parameters)),
        *_estimate(standard, repository),
    ]


def _schema(standard: Standard, repository: Repository) -> Iterator[Finding]:
    error = schema_error(standard)
    if error is not None:
        pointer, text = error
        place = standard.document.at(("decisions", *pointer))
        yield Finding(place, "standard.schema", f"invalid JSON Schema: {text}", "fix the schema")
        return
    for pointer, schema in _subschemas(standard.decisions, ("decisions",)):
        if (written := schema.get("x-class")) not in (None, *EffectClass):
            place, text = standard.document.at((*pointer, "x-class")), f"{quoted(written)} is not a class of changes"
            yield Finding(place, "standard.change_class", text, suggestion(str(written), list(EffectClass)))
        kind = schema.get("x-catalog")
        names = names_of(schema, repository)
        if isinstance(kind, str) and names is None:
            place, text = standard.document.at((*pointer, "x-catalog")), f"the catalog has no kind {quoted(kind)}"
            yield Finding(place, "standard.catalog_kind", text, suggestion(kind, repository.catalog.kinds))
            continue
        yield from _samples(schema, pointer, names, standard)


def _samples(schema: Any, pointer: Pointer, names: list[str] | None, standard: Standard) -> Iterator[Finding]:
    """Defaults and examples that the schema itself, or the catalog, refuses."""
    samples: list[tuple[Pointer, Any]] = [(("examples", i), e) for i, e in enumerate(schema.get("examples", []))]
    if "default" in schema:
        samples.append((("default",), schema["default"]))
    for where, sample in samples:
        address = is_address(schema, sample)
        named = isinstance(sample, str) and not address and not is_written_out(sample)
        absent = names is not None and named and sample not in names
        if absent or not fits(sample, {**schema, "pattern": schema["x-address"]} if address else schema):
            role = "default" if where == ("default",) else "example"
            text = f"the {role} {quoted(sample)} is refused by its own rule"
            yield Finding(standard.document.at((*pointer, *where)), "standard.sample", text, "fix one of them")


def _unused(standard: Standard) -> Iterator[Finding]:
    used = " ".join([standard.schedule, *(p.value for p in standard.parameters.values())])
    for name in standard.decisions.get("properties", {}):
        if not re.search(rf"\bdecisions\.{re.escape(name)}\b", used):
            place = standard.document.at_key(("decisions", "properties", name))
            text = f"decision {quoted(name)} reaches no argument and no schedule"
            yield Finding(place, "standard.unused_decision", text, "use it in an expression, or remove it")


def _subschemas(schema: Any, pointer: Pointer) -> Iterator[tuple[Pointer, Any]]:
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for name, part in schema.get("properties", {}).items():
        yield from _subschemas(part, (*pointer, "properties", name))
    for key in ("items", "additionalProperties"):
        yield from _subschemas(schema.get(key), (*pointer, key))
    for key in ("anyOf", "oneOf", "allOf"):
        for index, part in enumerate(schema.get(key, [])):
            yield from _subschemas(part, (*pointer, key, index))


def _expressions(standard: Standard) -> Iterator[Finding]:
    yield from _expression(standard, ("schedule",), standard.schedule, _VARIABLES)
    for name, parameter in standard.parameters.items():
        yield from _expression(standard, ("parameters", name, "value"), parameter.value, _VARIABLES)


def _expression(standard: Standard, pointer: Pointer, expression: str, variables: Sequence[str]) -> Iterator[Finding]:
    place, decisions = standard.document.at(pointer), standard.decisions.get("properties", {})
    try:
        program = compile_cel(expression)
    except ValueError as error:
        yield Finding(place, "standard.expression", f"invalid CEL: {_first(error)}", "fix the expression")
        return
    # A variable in lower case that is none of ours is either bound by a macro in the expression or a mistake.
    for name in program.variables():
        if name not in variables and not re.search(rf"\(\s*{re.escape(name)}\s*,", expression):
            text = f"there is no variable {quoted(name)}"
            yield Finding(place, "standard.expression", text, suggestion(name, variables))
    for name in re.findall(r"\bdecisions\.([A-Za-z_][A-Za-z0-9_]*)", expression):
        if name not in decisions:
            text = f"there is no decision {quoted(name)}"
            yield Finding(place, "standard.expression", text, suggestion(name, decisions))


def _estimate(standard: Standard, repository: Repository) -> Iterator[Finding]:
    """Check the expressions of an estimate, and the names that they and its steps use."""
    section = standard.estimate
    declared = {"figures": list(section.get("figures", {})), "work": list(section.get("work", {}))}
    for pointer, expression in _of_estimate(section):
        yield from _expression(standard, pointer, expression, _OF_ESTIMATES)
        for kind, name in re.findall(r"\b(figures|work)\.([A-Za-z_][A-Za-z0-9_]*)", expression):
            if name not in declared[kind]:
                text = f"estimate.{kind} has no {quoted(name)}"
                yield Finding(
                    standard.document.at(pointer), "standard.estimate", text, suggestion(name, declared[kind])
                )
    for index, name in enumerate(section.get("alike", [])):
        if name not in standard.parameters:
            text = f"there is no argument {quoted(name)}"
            place = standard.document.at(("estimate", "alike", index))
            yield Finding(place, "standard.estimate", text, suggestion(name, standard.parameters))
    sizes = repository.catalog.kinds.get("sizes", {}).values()
    # A size without them is the catalog's own finding.
    pods = [size.get("pods") for size in sizes if isinstance(size, Mapping)]
    roles = sorted({role for each in pods if isinstance(each, Mapping) for role in each})
    for name, step in section.get("steps", {}).items():
        for index, role in enumerate(step.get("pods", [])):
            if role not in roles:
                place = standard.document.at(("estimate", "steps", name, "pods", index))
                text = f"no size has pods of the role {quoted(role)}"
                yield Finding(place, "standard.estimate", text, suggestion(role, roles))


def _of_estimate(section: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Yield each expression of an estimate with its place."""
    entries = [("work", name, facts) for name, facts in section.get("work", {}).items()]
    entries += [("steps", name, facts) for name, facts in section.get("steps", {}).items()]
    for kind, name, facts in entries:
        for key in ("value", "seconds", "number", "when"):
            if key in facts:
                yield ("estimate", kind, name, key), facts[key]
    for kind in ("tokens", "token_usd"):
        for key in ("value", "most"):
            if key in section.get(kind, {}):
                yield ("estimate", kind, key), section[kind][key]


def _first(error: ValueError) -> str:
    """Return the first thing that the CEL parser reports, shortened."""
    line = str(error).partition("\n")[0] or "it is empty"
    match = re.search(r"(\d+:\d+): (?:Syntax error: )?(.*)", line)
    message = f"{match[2].partition(' expecting ')[0]} (at {match[1]})" if match else line
    return message[:160]


def _patterns(standard: Standard) -> Iterator[Finding]:
    for name, parameter in standard.parameters.items():
        place = standard.document.at(("parameters", name, "pattern"))
        pattern = parameter.pattern
        try:
            re.compile(pattern)
        except re.error as error:
            yield Finding(place, "standard.pattern", f"invalid pattern {quoted(pattern)}: {error}", "fix the pattern")
            continue
        if _NOT_RE2.search(pattern):
            text = f"{quoted(pattern)} is not RE2: it looks around or back"
            yield Finding(place, "standard.pattern", text, "say it without")
        elif not (pattern.startswith("^") and pattern.endswith("$")):
            text = f"{quoted(pattern)} does not hold the whole value"
            yield Finding(place, "standard.pattern", text, 'begin it with "^" and end it with "$"')


def _arguments(standard: Standard) -> Iterator[Finding]:
    """Check that the template's arguments are the standard's parameters, each with a default that fits."""
    template = standard.template
    taken: dict[str, tuple[int, Any]] = {}
    for index, entry in enumerate(_value(template, _ARGUMENTS) or []):
        if isinstance(entry, dict) and isinstance(name := entry.get("name"), str):
            taken[name] = (index, entry.get("value"))
    for name in standard.parameters.keys() - taken.keys():
        place = standard.document.at_key(("parameters", name))
        unasked = taken.keys() - standard.parameters.keys()
        remedy = suggestion(name, unasked, otherwise="add it to spec.arguments.parameters, or remove it")
        yield Finding(place, "standard.argument", f"the template takes no argument {quoted(name)}", remedy)
    for name, (index, default) in taken.items():
        pointer: Pointer = (*_ARGUMENTS, index)
        parameter = standard.parameters.get(name)
        if parameter is None:
            if not any(nearest(other, [name]) for other in standard.parameters.keys() - taken.keys()):
                text = f"argument {quoted(name)} has no parameter in standard.yaml"
                yield Finding(template.at(pointer), "standard.argument", text, "add one, or remove the argument")
        elif not isinstance(default, str):
            # Argo CD applies templates and CronWorkflows in no fixed order: a new argument must not need a caller.
            text = f"argument {quoted(name)} has no default text"
            yield Finding(template.at((*pointer, "value")), "standard.default", text, "give it a `value`, in quotes")
        elif "${" not in default and not _fits(parameter.pattern, default):
            text = f"the default {quoted(default)} of {quoted(name)} is outside its pattern"
            remedy = f"write one that matches {parameter.pattern}"
            yield Finding(template.at((*pointer, "value")), "standard.default", text, remedy)


def _fits(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True  # the pattern itself is reported


def _references(template: Document, arguments: set[str]) -> Iterator[Finding]:
    """`workflow.parameters.NAME` of names that the template does not take."""
    for pointer in template.values:
        text = _value(template, pointer)
        for name in _ARGUMENT.findall(text) if isinstance(text, str) and "workflow.parameters." in text else ():
            if name not in arguments:
                text = f"there is no argument {quoted(name)}"
                yield Finding(template.at(pointer), "standard.argument", text, suggestion(name, arguments))


def _value(document: Document, pointer: Pointer) -> Any:
    value = document.data
    for step in pointer:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
