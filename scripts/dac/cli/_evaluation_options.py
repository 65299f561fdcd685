"""The options of `dac evaluate`, read and checked before anything is started."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from dac.cli._arguments import Misuse
from dac.model import Repository, Standard
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.validate.checks.evaluation import FROM_INDEX, metric_api

STANDARD = "eval-suite"


def newest_standard(repository: Repository) -> Standard:
    """Return the newest version of the standard that evaluates."""
    refs = [ref for ref in repository.standards if ref.name == STANDARD]
    if not refs:
        raise Misuse(f"there is no standard {STANDARD} under standards/")
    return repository.standards[max(refs, key=lambda ref: int(ref.version[1:]))]


def checked_name(name: str) -> str:
    """Return the name of an evaluation; refuse one that its pipeline could not have."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
        raise Misuse(f"--name {quoted(name)} has other signs than a-z, 0-9 and -, or over 40; give one such as answers")
    return name


def checked_metrics(standard: Standard, given: Sequence[str]) -> list[str]:
    """Return the metrics that were chosen; refuse those that cannot be scored here."""
    names = list(standard.decisions["properties"]["metrics"]["items"]["enum"])
    usable = [name for name in names if not name.startswith("judge_") and name not in FROM_INDEX]
    if not given:
        raise Misuse(f"--metric is missing; choose from {', '.join(usable)}")
    for name in given:
        if name in FROM_INDEX:
            raise Misuse(
                f"{name} scores answers from an index; make it a pipeline with `index`, or choose another metric"
            )
        if name in names and name not in usable:
            raise Misuse(f"{name} needs a judge model of the catalog; make it a pipeline, or choose another metric")
        if name not in usable:
            raise Misuse(f"there is no metric {quoted(name)}; {suggestion(name, usable)}")
    other = next((name for name in given if metric_api(name) != metric_api(given[0])), None)
    if other:
        raise Misuse(f"{given[0]} and {other} score answers of different kinds; evaluate them apart")
    return list(dict.fromkeys(given))


def read_floors(metrics: Sequence[str], given: Sequence[str]) -> dict[str, float]:
    """Return the smallest values that pass, by metric."""
    floors = {}
    for pair in given:
        name, _, value = pair.partition("=")
        if name not in metrics:
            raise Misuse(f"--floor {quoted(pair)}: {name or 'nothing'} is not among the metrics: {', '.join(metrics)}")
        try:
            floors[name] = float(value)
        except ValueError:
            floors[name] = -1.0
        if not 0 <= floors[name] <= 1:
            raise Misuse(f"--floor {quoted(pair)}: write a value from 0 to 1, such as {name}=0.8")
    return floors


def read_key(variable: str) -> str:
    """Return the endpoint's key; empty where none was named."""
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise Misuse(f"--key-env {variable}: no such variable is set here, or it is empty; export it first")
    if not key.isprintable() or not key.isascii():
        raise Misuse(f"--key-env {variable}: its value has signs that no header may hold; check how it was set")
    return key


def check_known(repository: Repository, kind: str, option: str, name: str) -> None:
    """Refuse a name that the catalog does not have."""
    names = list(repository.catalog.kinds.get(kind, {}))
    if name not in names:
        raise Misuse(
            f"{option}: there is no {quoted(name)} in standards/catalog/{kind}.yaml; {suggestion(name, names)}"
        )


def checked_owner(repository: Repository, given: str) -> str:
    """Return the team that was named, or else the first of the catalog."""
    teams = sorted(repository.catalog.kinds.get("owners", {}), key=lambda team: (team == "platform", team))
    if given and given not in teams:
        raise Misuse(f"there is no owner {quoted(given)}; {suggestion(given, teams)}")
    return given or (teams[0] if teams else "")
