"""What lies in the object store, by what can be deleted as a whole; and what of it is last good or a way back."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from runtime import contract, log, objects
from runtime.errors import InputError
from runtime.objects import Entry
from runtime.retention.item import CHECKPOINTS, LOGS, PIPELINE, RECEIPT, RUN, SWEEP, TOKENS, Item

# No project or pipeline can have such a name.
TOKENS_FOLDER = "_tokens"
OWN_FOLDER = "_sweep"
_FAR = 1e11  # seconds since the epoch that no clock shows
_INDEX = ("versions.json", "owner.json", "ledger")  # what only a pipeline with an index has


def projects(artifacts: str) -> list[str]:
    """Return the projects of which something lies under the root."""
    return [name for name in objects.folders(artifacts) if not name.startswith("_")]


def pipelines(artifacts: str, project: str) -> list[str]:
    """Return the pipelines of a project of which something lies in the store."""
    return [name for name in objects.folders(f"{artifacts}/{project}") if not name.startswith("_")]


def home_of(artifacts: str, project: str, pipeline: str) -> str:
    """Return the address under which all of a pipeline lies."""
    return f"{artifacts}/{project}/{pipeline}"


def of_pipeline(artifacts: str, project: str, pipeline: str) -> list[Item]:
    """Return what can be deleted of a pipeline while it lives: each run's folder, its checkpoints, each receipt."""
    home, items = home_of(artifacts, project, pipeline), []
    for uid, entries in _by_part(f"{home}/runs"):
        checkpoints = [entry for entry in entries if entry.name.split("/")[1:2] == ["checkpoints"]]
        if checkpoints:
            place = f"{home}/runs/{uid}/checkpoints"
            items.append(_item(CHECKPOINTS, place, checkpoints, project, pipeline, uid))
        items.append(_item(RUN, f"{home}/runs/{uid}", entries, project, pipeline, uid))
    for entry in objects.entries(f"{home}/receipts"):
        items.append(_item(RECEIPT, entry.address, [entry], project, pipeline, entry.name.removesuffix(".json")))
    return items


def whole(artifacts: str, project: str, pipeline: str) -> Item:
    """Return all of a pipeline as one item."""
    home = home_of(artifacts, project, pipeline)
    return _item(PIPELINE, home, objects.entries(home), project, pipeline)


def tokens(artifacts: str, project: str) -> list[Item]:
    """Return the tokens of a project's datasets, each by its digest."""
    place = f"{artifacts}/{project}/{TOKENS_FOLDER}"
    return [_item(TOKENS, f"{place}/{digest}", entries, project) for digest, entries in _by_part(place)]


def logs(address: str) -> list[Item]:
    """Return the logs of every run under the address where the engine keeps them."""
    items = []
    for project in objects.folders(address):
        for run_name, entries in _by_part(f"{address}/{project}"):
            items.append(_item(LOGS, f"{address}/{project}/{run_name}", entries, project, run=run_name))
    return items


def sweeps(artifacts: str) -> list[Item]:
    """Return the receipts of earlier sweeps."""
    entries = objects.entries(f"{artifacts}/{OWN_FOLDER}/receipts")
    return [_item(SWEEP, entry.address, [entry], "", run=entry.name.removesuffix(".json")) for entry in entries]


def has_index(artifacts: str, project: str, pipeline: str) -> bool:
    """Return whether a pipeline made an index, which has collections in a vector store."""
    return any(objects.exists(f"{home_of(artifacts, project, pipeline)}/{name}") for name in _INDEX)


def receipts(artifacts: str, project: str, pipeline: str) -> list[dict[str, Any]]:
    """Return a pipeline's receipts, the newest last, each with its own name under `_name`; what is none is left out."""
    read = []
    for entry in objects.entries(f"{home_of(artifacts, project, pipeline)}/receipts"):
        try:
            value = objects.read_json(entry.address)
        except InputError:
            continue
        if isinstance(value, dict) and isinstance(value.get("finished"), str):
            read.append({**value, "_name": entry.name.removesuffix(".json")})
    return sorted(read, key=lambda value: str(value["finished"]))


def kept(artifacts: str, project: str, pipeline: str, read: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Return why runs stay whatever their age, by (class, run): their receipts by name, their files by uid.

    The newest run, the newest that succeeded, each that made what readers have or can be led back to, what a suite is
    compared with, and each that promoted a model.
    """
    home = home_of(artifacts, project, pipeline)
    named: dict[str, str] = {}
    if objects.exists(address := f"{home}/versions.json"):
        published = contract.read("versions", address)["published"]
        named |= {str(version["run"]): "readers have its index, or can be led back to it" for version in published}
    for entry in objects.entries(f"{home}/baselines"):
        if entry.name.endswith("scorecard.json"):
            named[str(_object(entry.address).get("run", ""))] = "it is the baseline of a suite"
    named |= {str(r.get("run", "")): "it promoted a model" for r in read if part(r, "results").get("promoted")}
    succeeded = [value for value in read if value.get("status") == "Succeeded"]
    for values, why in ((read[-1:], "the newest run"), (succeeded[-1:], "the newest run that succeeded")):
        named |= {str(value.get("run", "")): why for value in values}
    held: dict[tuple[str, str], str] = {}
    for value in read:
        if why := named.get(str(value.get("run", "")), ""):
            held |= {(RECEIPT, value["_name"]): why, (RUN, str(value.get("run_id", ""))): why}
    return held


def part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object in a receipt, which may be anybody's; an empty one where it has none, or something else."""
    held = value.get(name)
    return held if isinstance(held, dict) else {}


def noted(address: str) -> dict[str, float]:
    """Return since when pipelines are missed; where that cannot be read, all of them are missed from now on."""
    try:
        since = objects.read_json(address)["since"]
        return {str(name): float(moment) for name, moment in since.items() if 0 <= moment < _FAR}
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("begins_anew", f"{address}: does not say since when pipelines are missed: {error!r}")
        return {}


def _object(address: str) -> dict[str, Any]:
    """Return what lies at an address as JSON. Raises InputError where it is not an object."""
    value = objects.read_json(address)
    if not isinstance(value, dict):
        raise InputError(f"{address}: not a JSON object")
    return value


def _by_part(prefix: str) -> Iterator[tuple[str, list[Entry]]]:
    """Yield what lies under a prefix by the first part of its name; what lies right under it is nobody's."""
    entries = (entry for entry in objects.entries(prefix) if "/" in entry.name)
    for part, grouped in groupby(entries, key=lambda entry: entry.name.split("/")[0]):
        yield part, list(grouped)


def _item(kind: str, address: str, of: Sequence[Entry], project: str, pipeline: str = "", run: str = "") -> Item:
    newest = max((entry.modified for entry in of), default=0.0)
    return Item(kind, address, project, pipeline, run, newest, sum(entry.size for entry in of))
