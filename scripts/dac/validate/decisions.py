"""One pipeline's decisions against its standard's JSON Schema and the catalog's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.model import Document, Finding, Pipeline, Pointer, Repository, Standard
from dac.model.words import article_list, kind_of, nearest, quoted
from dac.validate.schema import validator

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def schema_findings(
    pipeline: Pipeline, standard: Standard, repository: Repository, document: Document
) -> list[Finding]:
    """What the standard's schema and the catalog say of the decisions."""
    base: Pointer = ("pipelines", pipeline.name)
    findings: list[Finding] = []
    for error in validator(standard).iter_errors(pipeline.decisions):
        findings += _findings(error, (*base, *error.absolute_path), pipeline, standard, repository, document)
    wrong = {f.location for f in findings}
    named = _catalog_findings(standard.decisions, pipeline.decisions, base, repository, document)
    return findings + [f for f in named if f.location not in wrong]


def _findings(
    error: Any, pointer: Pointer, pipeline: Pipeline, standard: Standard, repository: Repository, document: Document
) -> list[Finding]:
    kind, value, wanted = error.validator, error.instance, error.validator_value
    if kind == "additionalProperties" and wanted is False:
        known = list(error.schema.get("properties", {}))
        extra = [key for key in value if key not in known]
        return [_unknown(key, known, (*pointer, key), error, standard, repository, document) for key in extra]
    if kind == "required":
        return _missing(error, pointer, pipeline, document)
    name = str(pointer[-1])
    if kind == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        said = " or ".join(_TYPES.get(t, t) for t in types)
        quote = f', in quotes: "{value}"' if "string" in types and isinstance(value, int | float) else ""
        text = f"{quoted(name)} is {kind_of(value)}, not {said}"
        return [Finding(document.at(pointer), "decision.wrong_type", text, f"write {said}{quote}")]
    if kind in ("enum", "const"):
        choices = wanted if kind == "enum" else [wanted]
        guess = nearest(str(value), [str(c) for c in choices])
        remedy = f"did you mean {quoted(guess)}?" if guess else f"choose from {article_list(map(str, choices))}"
        text = f"{quoted(name)} cannot be {quoted(value)}"
        return [Finding(document.at(pointer), "decision.not_allowed", text, remedy)]
    text = f"{quoted(name)} is {quoted(value)}: {_rule(kind, wanted)}"
    remedy = error.schema.get("x-hint") or _example(error.schema)
    return [Finding(document.at(pointer), "decision.not_allowed", text, remedy)]


def _rule(kind: str, wanted: Any) -> str:
    words = {
        "pattern": f"it must match {wanted}",
        "minimum": f"it must be {wanted} or more",
        "maximum": f"it must be {wanted} or less",
        "exclusiveMinimum": f"it must be more than {wanted}",
        "exclusiveMaximum": f"it must be less than {wanted}",
        "minLength": f"it must have {wanted} characters or more",
        "maxLength": f"it must have {wanted} characters or fewer",
        "minItems": f"it must have {wanted} entries or more",
        "maxItems": f"it must have {wanted} entries or fewer",
        "uniqueItems": "each entry must differ",
        "minProperties": f"it must have {wanted} keys or more",
        "oneOf": "it has none of the forms that it may have",
        "anyOf": "it has none of the forms that it may have",
    }
    return words.get(kind, f"it breaks the rule {kind}")


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples") or ([schema["default"]] if "default" in schema else [])
    return f"write one such as {', '.join(quoted(e) for e in examples[:2])}" if examples else "mend it"


def _unknown(
    key: str,
    known: list[str],
    pointer: Pointer,
    error: Any,
    standard: Standard,
    repository: Repository,
    document: Document,
) -> Finding:
    at = document.at_key(pointer)
    top = not error.absolute_path
    missing = [name for name in error.schema.get("required", []) if name not in error.instance]
    guess = nearest(key, missing) or nearest(key, known)
    if guess:
        return Finding(at, "decision.unknown", f"unknown decision {quoted(key)}", f"did you mean {quoted(guess)}?")
    owners = [str(r) for r, s in repository.standards.items() if top and key in s.decisions.get("properties", {})]
    if owners:
        return Finding(
            at,
            "decision.of_other_standard",
            f"{quoted(key)} is a decision of {article_list(owners)}, not of {standard.ref}",
            "remove it",
        )
    return Finding(at, "decision.unknown", f"unknown decision {quoted(key)}", f"known are {article_list(known)}")


def _missing(error: Any, pointer: Pointer, pipeline: Pipeline, document: Document) -> list[Finding]:
    """jsonschema tells each missing name in an error of its own; a near miss is told at the misspelt key alone."""
    absent = error.message.split("'")[1]
    known = error.schema.get("properties", {})
    strays = [key for key in error.instance if key not in known]
    if any(nearest(stray, [absent]) for stray in strays):
        return []
    text = f"{quoted(absent)} is not decided"
    at = document.at_key(pointer) if pointer[:-1] == ("pipelines",) else document.at(pointer)
    return [Finding(at, "decision.missing", text, _example(known.get(absent, {})).replace("write one", "add one"))]


def _catalog_findings(
    schema: Any, value: Any, pointer: Pointer, repository: Repository, document: Document
) -> list[Finding]:
    """Names that the catalog does not have, wherever the schema says `x-catalog`."""
    if not isinstance(schema, Mapping):
        return []
    kind = schema.get("x-catalog")
    if isinstance(kind, str) and isinstance(value, str):
        names = repository.catalog.kinds.get(kind)
        if names is None or value in names:
            return []
        guess = nearest(value, names)
        remedy = f"did you mean {quoted(guess)}?" if guess else f"choose from {article_list(names)}"
        text = f"{quoted(value)} is not in standards/catalog/{kind}.yaml"
        return [Finding(document.at(pointer), "catalog.unknown_name", text, remedy)]
    findings: list[Finding] = []
    if isinstance(value, Mapping):
        for key, part in schema.get("properties", {}).items():
            if key in value:
                findings += _catalog_findings(part, value[key], (*pointer, key), repository, document)
    if isinstance(value, list):
        for index, item in enumerate(value):
            findings += _catalog_findings(schema.get("items"), item, (*pointer, index), repository, document)
    return findings
