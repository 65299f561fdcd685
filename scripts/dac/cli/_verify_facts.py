"""The catalog's facts that a receipt names, against those that a commit's ConfigMaps hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from dac.cli._argo_tags import tag_answers
from dac.model import Finding, Location
from dac.model.facts import FILE, Maps, digest_of, text_of, variables_of
from dac.model.words import article_list, quoted


def fact_findings(
    template: Mapping[str, Any], maps: Maps, arguments: Mapping[str, str], facts: Mapping[str, str], commit: str
) -> Iterator[Finding]:
    """Yield a finding for each fact of a run that the commit renders differently.

    Args:
        template: the ClusterWorkflowTemplate, whose variables say where each fact comes from.
        maps: the catalog's ConfigMaps at the commit.
        arguments: those that the commit gives the run.
        facts: variable -> digest of its text, as the receipt has them.
        commit: what renders the maps.
    """
    place, answer = Location(FILE), tag_answers()
    values = {f"workflow.parameters.{name}": value for name, value in arguments.items()}
    references = dict(variables_of(template))
    if references and not facts:
        message = "the receipt does not say which facts of the catalog the run read: they cannot be compared"
        yield Finding(place, "verify.no_facts", message, "run the pipeline again")
        return
    if left_out := sorted(_recorded(template) - facts.keys()):
        message = f"the receipt leaves out which facts of the catalog the run read in {article_list(left_out)}"
        yield Finding(place, "verify.no_facts", message, "read the receipt from the object store, as the run left it")
    for name, digest in sorted(facts.items()):
        text = text_of(references[name], maps, values, answer) if name in references else None
        rendered = digest_of(text) if text is not None else "none"
        if rendered != digest:
            message = f"facts {quoted(name)} were {digest} in the run, {commit[:12]} renders {rendered}"
            yield Finding(place, "verify.facts", message, "see what of the catalog changed: git log standards/catalog")


def _recorded(template: Mapping[str, Any]) -> set[str]:
    """Return the variables of facts that every receipt names: those that the exit handler, which writes it, is given.

    It writes the facts with which the run began, or its own where no step came to keep any; a step's own may be more.
    """
    spec = template.get("spec", {})
    handler: Mapping[str, Any] = next(
        (each for each in spec.get("templates", []) if each.get("name") == spec.get("onExit")), {}
    )
    environment = (handler.get("container") or handler.get("script") or {}).get("env", [])
    named = {str(name) for each in environment if each.get("name") == "FACTS" for name in str(each["value"]).split(",")}
    return named & dict(variables_of(handler)).keys()


def holds_facts(catalog: bytes | None, facts: Mapping[str, str]) -> bool:
    """Whether a rendered file of the catalog's ConfigMaps holds every fact that a receipt names."""
    if not facts:
        return True
    objects = yaml.load_all(catalog or b"", Loader=yaml.CSafeLoader)
    held = {digest_of(str(text)) for each in objects for text in (each or {}).get("data", {}).values()}
    return held >= set(facts.values())
