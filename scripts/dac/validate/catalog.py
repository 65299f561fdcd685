"""The shape of those kinds of the catalog that the tool itself reads; what only standards read is theirs to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dac.model import Document, Finding, Pointer, Repository
from dac.model.cel import compile_cel
from dac.model.schedule import parse_cron, timezone_known
from dac.model.words import article_list, kind_of, quoted
from dac.validate.checks.training_memory import SETTINGS

_SAID = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}
# kind -> field of each of its names -> its type.
_SHAPES: Mapping[str, Mapping[str, type]] = {
    "endpoints": {"address": str, "local": str, "egress": dict},
    "functions": {"arguments": list, "value": str},
    "images": {"repository": str, "built": bool},
    "owners": {"github": str, "budget": dict},
    "schedules": {"cron": str, "timezone": str, "suspend": bool},
    "sizes": {"settings": dict, "pods": dict},
}
_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]*[a-z0-9](/[A-Za-z0-9._/-]*)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Settings of training that had another name until 28 November 2026.
_RENAMED = {
    "global_batch_packs": "step_packs",
    "micro_batch_packs": "forward_packs",
    "activation_checkpointing": "recompute",
}
# Names that CEL itself gives a meaning: a function called so would never be called.
_CEL = re.compile(
    "all|bool|bytes|contains|double|duration|dyn|endsWith|exists|exists_one|filter|has|in|int|map|matches|max|min|size"
    "|startsWith|string|timestamp|type|uint"
)


def catalog_findings(repository: Repository) -> Iterator[Finding]:
    """Every finding about the catalog's facts."""
    for kind, shape in _SHAPES.items():
        document = repository.catalog.documents.get(kind)
        if document is None:
            continue
        for name, facts in repository.catalog.kinds.get(kind, {}).items():
            new_findings = list(_shape(kind, shape, name, facts, document))
            yield from new_findings or _meaning(kind, name, facts, document)
    yield from _crowds(repository)


def _crowds(repository: Repository) -> Iterator[Finding]:
    """Endpoints that all of our pods together could ask more at once than the serving side bears.

    A pod has at most `concurrency` requests under way, and as many pods as the endpoint has `slots` ask at once. What
    shares an address shares its limit.
    """
    kinds = repository.catalog.kinds
    crowds: dict[str, list[tuple[str, str, int, int]]] = {}
    for kind, prefix in (("served_models", "model"), ("judges", "judge")):
        for name, facts in kinds.get(kind, {}).items():
            endpoint = kinds.get("endpoints", {}).get(f"{prefix}-{name}", {})
            if "limit" in facts and isinstance(endpoint, Mapping):
                most = int(endpoint.get("slots", 0)) * int(facts.get("concurrency", 0))
                crowds.setdefault(str(endpoint.get("address")), []).append((kind, name, most, int(facts["limit"])))
    for members in crowds.values():
        most, limit = sum(member[2] for member in members), min(member[3] for member in members)
        if most > limit:
            kind, name, *_ = members[-1]
            text = (
                f"{article_list(member[1] for member in members)} may be asked {most} times at once, "
                f"slots times concurrency, and the serving side bears {limit}"
            )
            place = repository.catalog.documents[kind].at((name, "limit"))
            yield Finding(place, "catalog.crowd", text, "lower `concurrency`, or `slots` in endpoints.yaml")


def _shape(kind: str, shape: Mapping[str, type], name: str, facts: Any, document: Document) -> Iterator[Finding]:
    if not isinstance(facts, Mapping):
        text = f"{quoted(name)} is {kind_of(facts)}, not a mapping of facts"
        yield Finding(document.at((name,)), "catalog.wrong_type", text, f"write {{{', '.join(shape)}}}")
        return
    for field, wanted in shape.items():
        if field not in facts:
            text = f"{quoted(name)} of the catalog's {kind} has no {field}"
            yield Finding(document.at_key((name,)), "catalog.missing", text, f"add one: {_SAID[wanted]}")
        elif not isinstance(facts[field], wanted):
            text = f"{field} of {quoted(name)} is {kind_of(facts[field])}, not {_SAID[wanted]}"
            yield Finding(document.at((name, field)), "catalog.wrong_type", text, f"write {_SAID[wanted]}")


def _meaning(kind: str, name: str, facts: Mapping[str, Any], document: Document) -> Iterator[Finding]:
    check = _MEANINGS.get(kind)
    for pointer, text, remedy in check(name, facts) if check else ():
        yield Finding(document.at((name, *pointer)), f"catalog.{kind}", text, remedy)


def _schedule(_name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    try:
        parse_cron(facts["cron"])
    except ValueError as error:
        yield ("cron",), str(error), 'write a cron line such as "H H(0-5) * * *"'
    if not timezone_known(facts["timezone"]):
        yield ("timezone",), f"unknown time zone {quoted(facts['timezone'])}", "write one such as Etc/UTC"


def _image(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    if facts["built"] and not _DIGEST.fullmatch(str(facts.get("digest"))):
        text = f"image {quoted(name)} is said to be built, and has no digest"
        yield ("digest",), text, "write the digest that the release published, or built: false"


def _function(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    if _CEL.fullmatch(name):
        yield (), f"{quoted(name)} is a function of CEL's own, which would be called instead", "choose another name"
    try:
        compile_cel(facts["value"])
    except ValueError as error:
        yield ("value",), f"invalid CEL: {str(error).splitlines()[0][:160]}", "fix the expression"


def _owner(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    reads = facts.get("reads", [])
    if not isinstance(reads, list):
        yield ("reads",), f"reads of {quoted(name)} is {kind_of(reads)}, not a list", "write a list of addresses"
        return
    for index, address in enumerate(reads):
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            text = f"{quoted(name)} may read {quoted(str(address))}, which is not an address in the object store"
            yield ("reads", index), text, "write one such as s3://bucket or s3://bucket/folder"


def _size(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, str]]:
    settings = facts["settings"].get("fine-tuning")
    if settings is None:
        return
    if not isinstance(settings, Mapping):
        text = f"settings of {quoted(name)} for fine-tuning are {kind_of(settings)}, not a mapping"
        yield ("settings", "fine-tuning"), text, f"write {{{', '.join(sorted(SETTINGS))}}}"
        return
    for field in sorted({*SETTINGS, *_RENAMED} - set(settings)):
        old = _RENAMED.get(field)
        text = f"size {quoted(name)} lacks {field}, a setting of fine-tuning"
        remedy = f"rename {old}, as it was called" if old in settings else "add it"
        yield ("settings", "fine-tuning"), text, remedy


_MEANINGS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[tuple[Pointer, str, str]]]] = {
    "functions": _function,
    "images": _image,
    "owners": _owner,
    "schedules": _schedule,
    "sizes": _size,
}
