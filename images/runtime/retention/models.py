"""Versions of models in MLflow's registry: what a sweep finds of a pipeline's own, and how one goes with its weights.

A pipeline's own are those of runs whose receipts are in the object store: the registry may hold the same pipeline's of
another cluster, or of a person's machine. A version's weights go first: where the sweep dies then, the next one finds
the version by the receipt of its run. The sweeper is a program of the image of rag-indexing, which has no MLflow client
(runtime/registry.py): it asks four addresses of the registry's own API.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from runtime import objects, services
from runtime.errors import InputError, TryAgain
from runtime.registry import RUN_TAG
from runtime.retention.inventory import home_of, part
from runtime.retention.item import MODEL, Item
from runtime.webhook import opened

_SECONDS = 30.0
_NEWEST = 2  # versions that stay whatever their age: the last one may be scored, and the one before it be gone back to
_PASSED = 2  # of those that passed an evaluation: the one that is served, and the one before it
_VERDICT = re.compile(r"dac\.eval\..*\.verdict")


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a pipeline's model.

    Attributes:
        items: all that runs of the pipeline have registered, by their receipts.
        kept: by address, why one stays whatever its age.
        live: why the pipeline's weights stay though the pipeline is gone; empty where no alias leads to them.
    """

    items: tuple[Item, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    live: str = ""


class Registry:
    """MLflow, as the sweeper asks it.

    Args:
        address: of the server; empty where there is none.
        artifacts: root of what runs write.
    """

    def __init__(self, address: str, artifacts: str) -> None:
        self._address, self._artifacts = address.rstrip("/"), artifacts

    def versions(self, project: str, pipeline: str, read: Sequence[Mapping[str, Any]], there: bool) -> Versions:
        """Return the versions of a pipeline that has promoted a model once.

        Args:
            project: the project.
            pipeline: its name.
            read: its receipts.
            there: whether it is there; of one that is gone what an alias leads to stays, and nothing else.

        Raises:
            InputError: the registry refuses.
            TryAgain: the registry did not answer.
        """
        home, name = home_of(self._artifacts, project, pipeline), f"{project}.{pipeline}"
        promoted = {str(value.get("run_id")) for value in read if part(value, "results").get("promoted")}
        if not self._address or not (promoted or "models" in objects.folders(home)):
            return Versions()
        aliases = self._aliases(name)
        every = sorted(self._search(name), key=lambda version: -int(version["version"]))
        own = [version for version in every if _tags(version).get(RUN_TAG) in promoted]
        passed = [v["version"] for v in own if any(_VERDICT.fullmatch(k) and t == "pass" for k, t in _tags(v).items())]
        items, kept = [], {}
        for place, version in enumerate(own):
            number, address = version["version"], f"{name}/{version['version']}"
            changed = float(version.get("last_updated_timestamp") or version.get("creation_timestamp") or 0) / 1000
            weights = objects.entries(version["source"]) if _ours(version, home) else []
            size = sum(entry.size for entry in weights)
            items.append(Item(MODEL, address, project, pipeline, _tags(version).get(RUN_TAG, ""), changed, size))
            if named := aliases.get(str(number)):
                kept[address] = f"the alias {', '.join(sorted(named))} leads to it"
            elif there and place < _NEWEST:
                kept[address] = "it is one of the newest two"
            elif there and number in passed[:_PASSED]:
                kept[address] = "it is one of the newest two that passed an evaluation"
        live = [f"{name}/{v['version']}" for v in every if aliases.get(str(v["version"])) and _ours(v, home)]
        why = f"an alias leads to {', '.join(live)}, whose weights it holds" if live else ""
        return Versions(tuple(items), kept, why)

    def drop(self, item: Item) -> None:
        """Delete a version, and its weights where no other version has the same.

        Raises:
            InputError: the registry refuses.
            TryAgain: the registry did not answer, or an alias leads to it by now.
        """
        name, _, number = item.address.rpartition("/")
        if self._aliases(name).get(number):
            raise TryAgain(f"an alias leads to {item.address} by now; it stays")
        every = self._search(name)
        gone = [version for version in every if version["version"] == number]
        others = {version.get("source") for version in every if version["version"] != number}
        for version in gone:
            if (
                _ours(version, home_of(self._artifacts, item.project, item.pipeline))
                and version["source"] not in others
            ):
                objects.remove(version["source"])
            self._ask("DELETE", "model-versions/delete", {"name": name, "version": number})

    def _aliases(self, name: str) -> dict[str, list[str]]:
        """Return the aliases of each version of a model; none where there is no such model."""
        answer = self._ask("GET", f"registered-models/get?{urllib.parse.urlencode({'name': name})}") or {}
        held: dict[str, list[str]] = {}
        for each in answer.get("registered_model", {}).get("aliases", []):
            held.setdefault(str(each["version"]), []).append(str(each["alias"]))
        return held

    def _search(self, name: str) -> list[dict[str, Any]]:
        return list(self._pages({"filter": f"name = '{name}'", "max_results": "200"}))

    def _pages(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        following = ""
        while True:
            asked = urllib.parse.urlencode({**query, **({"page_token": following} if following else {})})
            answer = self._ask("GET", f"model-versions/search?{asked}") or {}
            yield from answer.get("model_versions", [])
            following = answer.get("next_page_token", "")
            if not following:
                return

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Return what the registry answers; None where it has no such thing."""
        held = services.credentials("mlflow", "sweeper")
        headers = {"Content-Type": "application/json", **({"Authorization": held.header} if held else {})}
        data = json.dumps(body).encode() if body else None
        url = f"{self._address}/api/2.0/mlflow/{path}"
        try:
            with opened(urllib.request.Request(url, data, headers, method=method), _SECONDS) as answer:
                value: dict[str, Any] = json.loads(answer.read())
                return value
        except urllib.error.HTTPError as error:
            with error:
                text = error.read(300).decode(errors="replace")
            if error.code == 404 and "RESOURCE_DOES_NOT_EXIST" in text:
                return None
            message = f"{self._address}: the model registry refuses {method} {path}: {error.code} {text}"
            raise (TryAgain if error.code == 429 or error.code >= 500 else InputError)(message) from error
        except (OSError, HTTPException, ValueError) as error:
            raise TryAgain(f"{self._address}: the model registry did not answer: {error}") from error


def _ours(version: Mapping[str, Any], home: str) -> bool:
    """Return whether a version's weights lie where promotions of its pipeline put them, and nowhere above."""
    return re.fullmatch(re.escape(home) + r"/models/[0-9a-f]{16}", str(version.get("source", ""))) is not None


def _tags(version: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["key"]): str(tag["value"]) for tag in version.get("tags", [])}
