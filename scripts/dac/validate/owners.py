"""Owners: each is called what a file and a group can be, and somebody reviews what it owns.

CODEOWNERS is made of these names. GitHub leaves out a line that it cannot read, and what follows a `#`: what nobody
owns, anybody approves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model.names import is_label
from dac.model.suggestion import choose_from
from dac.model.words import quoted
from dac.validate.problem import Problem

PLATFORM = "platform"
_S3 = "s3://"


def owner_problems(name: str, facts: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what is wrong with an owner, whose facts are of the shape that the schema asks for."""
    if not is_label(name):
        text = f"{quoted(name)} names no file that CODEOWNERS gives to its team"
        yield (), text, "write small letters, digits and dashes, such as team-docs"
    organisation = _organisation(facts["github"])
    platforms = _organisation(kinds.get("owners", {}).get(PLATFORM, {}).get("github", facts["github"]))
    if organisation != platforms:
        text = f"{quoted(facts['github'])} is not a team of {platforms}, whose repository this is: GitHub ignores it"
        yield ("github",), text, f"name a team such as {platforms}/docs"
    for index, address in enumerate(facts.get("reads", ())):
        if not address.startswith(_S3):
            if address not in (sources := kinds.get("sources", {})):
                text = f"{quoted(address)} is not in standards/catalog/sources.yaml"
                yield ("reads", index), text, choose_from(sources)
        elif (kept := _kept_in(address, kinds)) is not None:
            text = f"{quoted(address)} holds {kept}, where the files of all projects are"
            yield ("reads", index), text, "name the folder that it is to read"


def _organisation(team: str) -> str:
    return team.partition("/")[0].lower()


def _kept_in(address: str, kinds: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the place at or below an address where all projects' runs keep their files, if one is there."""
    endpoint = kinds.get("endpoints", {}).get("artifacts", {}).get("address", "")
    bucket = kinds.get("platform", {}).get("artifacts", {}).get("bucket", "")
    folders = [place.rstrip("/") for place in (endpoint, f"{_S3}{bucket}" if bucket else "") if place]
    return next((place for place in folders if f"{place}/".startswith(f"{address.rstrip('/')}/")), None)
