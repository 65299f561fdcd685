"""The catalog: each kind's facts against its schema, and what a schema cannot say of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dac.model import Finding, Repository
from dac.model.cel import compile_cel
from dac.model.schedule import parse_cron, timezone_known
from dac.model.suggestion import choose_from
from dac.model.words import article_list, plural, quoted
from dac.validate.catalog_schema import schema_findings
from dac.validate.hosts import host_problems
from dac.validate.model_facts import model_problems
from dac.validate.networks import egress_problems, width_findings
from dac.validate.owners import owner_problems
from dac.validate.problem import Problem
from dac.validate.registered_models import registered_model_problems

Facts = Mapping[str, Any]
Kinds = Mapping[str, Mapping[str, Any]]
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_GIT = re.compile(r"^git(\+https?)?://|\.git/?$")
# Names that CEL itself gives a meaning: a function called so would never be called.
_CEL = re.compile(
    "all|bool|bytes|contains|double|duration|dyn|endsWith|exists|exists_one|filter|has|in|int|map|matches|max|min|size"
    "|startsWith|string|timestamp|type|uint"
)


def catalog_findings(repository: Repository) -> Iterator[Finding]:
    """Every finding about the catalog's facts."""
    catalog = repository.catalog
    faults = {kind: schema_findings(kind, catalog.documents[kind], catalog.schemas.get(kind)) for kind in catalog.kinds}
    # Of other kinds the names of entries are asked; what a model's files say is compared, and must be sound for it.
    kinds = {kind: entries for kind, entries in catalog.kinds.items() if kind != "model_facts" or not faults[kind]}
    for kind, entries in catalog.kinds.items():
        yield from faults[kind]
        if faults[kind]:
            continue
        check = _MEANINGS.get(kind, _nothing)
        for name, facts in entries.items():
            for pointer, text, remedy in (*check(name, facts, kinds), *host_problems(kind, facts)):
                at = catalog.documents[kind].at((name, *pointer))
                yield Finding(at, f"catalog.{kind}", text, remedy)
    if not any(faults.values()):
        yield from _crowds(repository)
        yield from width_findings(catalog)


def _crowds(repository: Repository) -> Iterator[Finding]:
    """Endpoints that all of our pods together could ask more at once than the serving side bears.

    A pod has at most `concurrency` requests under way, and as many pods as the endpoint has `slots` ask at once. What
    shares an address shares its limit.
    """
    kinds = repository.catalog.kinds
    crowds: dict[str, list[tuple[str, str, int, int]]] = {}
    for kind, prefix in (("served_models", "model"), ("judges", "judge"), ("models", "embedder")):
        for name, facts in kinds.get(kind, {}).items():
            endpoint = kinds.get("endpoints", {}).get(f"{prefix}-{name}", {})
            if "limit" in facts:
                most = endpoint.get("slots", 0) * facts["concurrency"]
                crowds.setdefault(str(endpoint.get("address")), []).append((kind, name, most, facts["limit"]))
    for members in crowds.values():
        most, limit = sum(member[2] for member in members), min(member[3] for member in members)
        if most > limit:
            kind, name, *_ = members[-1]
            text = (
                f"{article_list(member[1] for member in members)} may be asked {plural(most, 'time')} at once, "
                f"slots times concurrency, and the serving side bears {limit}"
            )
            place = repository.catalog.documents[kind].at((name, "limit"))
            yield Finding(place, "catalog.crowd", text, "lower `concurrency`, or `slots` in endpoints.yaml")


def _schedule(_name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    try:
        parse_cron(facts["cron"])
    except ValueError as error:
        yield ("cron",), str(error), 'write a cron line such as "H H(0-5) * * *"'
    if not timezone_known(facts["timezone"]):
        yield ("timezone",), f"unknown time zone {quoted(facts['timezone'])}", "write one such as Etc/UTC"


def _image(name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    if facts["built"] and not _DIGEST.fullmatch(str(facts.get("digest"))):
        text = f"image {quoted(name)} is said to be built, and has no digest"
        yield ("digest",), text, "write the digest that the release published, or built: false"


def _function(name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    if _CEL.fullmatch(name):
        yield (), f"{quoted(name)} is a function of CEL's own, which would be called instead", "choose another name"
    try:
        compile_cel(facts["value"])
    except ValueError as error:
        yield ("value",), f"invalid CEL: {str(error).splitlines()[0][:160]}", "fix the expression"


def _size(name: str, facts: Facts, kinds: Kinds) -> Iterator[Problem]:
    gpus = kinds.get("gpus", {})
    for role, pod in facts["pods"].items():
        kind = pod.get("gpu_kind")
        if kind is not None and kind not in gpus:
            text = f"{quoted(kind)} is not in standards/catalog/gpus.yaml"
            yield ("pods", role, "gpu_kind"), text, choose_from(gpus)
    if "fine-tuning" in facts["settings"] and "train" not in facts["pods"]:
        yield ("pods",), f"size {quoted(name)} has settings for fine-tuning and no pod `train`", "add it"


def _suite(_name: str, facts: Facts, kinds: Kinds) -> Iterator[Problem]:
    for field, kind in (("dataset", "datasets"), ("normalisation", "normalisations")):
        named = facts.get(field, "")
        if named and named not in kinds.get(kind, {}):
            yield (field,), f"{quoted(named)} is not in standards/catalog/{kind}.yaml", choose_from(kinds.get(kind, {}))


def _endpoint(name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    if not _KEY.fullmatch(name):
        text = (
            f"{quoted(name)} can be no key of the ConfigMap `endpoints`, which no project's namespace would then have"
        )
        yield (), text, "write small letters, digits, dots and dashes"
    yield from egress_problems(facts["egress"], ("egress",))


def _source(_name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    address, stored = facts["address"], facts["address"].startswith("s3://")
    yield from egress_problems(facts["egress"], ("egress",), needed=not stored)
    if "revision" in facts and not _GIT.search(address):
        yield ("revision",), f"{quoted(address)} is not a Git repository, which alone has a revision", "leave it out"


def _model(name: str, facts: Facts, kinds: Kinds) -> Iterator[Problem]:
    yield from model_problems(name, facts, kinds)
    if "api" in facts and f"embedder-{name}" not in kinds.get("endpoints", {}):
        text = f"{quoted(name)} is served by an endpoint, and endpoints.yaml has no {quoted(f'embedder-{name}')}"
        yield ("api",), text, "add it, with its address, slots and egress"


def _recorded(name: str, _facts: Facts, kinds: Kinds) -> Iterator[Problem]:
    model = kinds.get("models", {}).get(name)
    if not isinstance(model, Mapping) or "weights" not in model:
        text = f"{quoted(name)} is not a model with weights of its own in standards/catalog/models.yaml"
        yield (), text, "remove its entry"


def _platform(name: str, facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    if name == "cluster":
        yield from egress_problems(facts["api"], ("api",), needed=True)


def _nothing(_name: str, _facts: Facts, _kinds: Kinds) -> Iterator[Problem]:
    return iter(())


_MEANINGS: Mapping[str, Callable[[str, Facts, Kinds], Iterator[Problem]]] = {
    "endpoints": _endpoint,
    "functions": _function,
    "images": _image,
    "model_facts": _recorded,
    "models": _model,
    "owners": owner_problems,
    "platform": _platform,
    "registered_models": registered_model_problems,
    "schedules": _schedule,
    "sizes": _size,
    "sources": _source,
    "suites": _suite,
}
