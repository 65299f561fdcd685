"""Collections that nobody reads any more: of pipelines that are gone, and in stores that a pipeline has left."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from runtime import receipt, settings
from runtime.errors import InputError
from runtime.retention.inventory import part
from runtime.retention.item import COLLECTION, Item
from runtime.settings import Run

from index import identity, stores
from index.stores import Store, base


class Leftovers:
    """The catalog's vector stores, as a sweep asks them. A store is opened only where a pipeline once was in it.

    Args:
        facts: by store, the catalog's facts of it and its `url`.
        artifacts: root of what runs write.
    """

    def __init__(self, facts: Mapping[str, Mapping[str, Any]], artifacts: str) -> None:
        self._facts, self._artifacts = facts, artifacts

    def abandoned(
        self, project: str, pipeline: str, read: Sequence[Mapping[str, Any]], store: str | None
    ) -> list[Item]:
        """Return the collections of a pipeline that nobody reads any more.

        Args:
            project: the project.
            pipeline: its name.
            read: its receipts, the newest last.
            store: the one that it has now, whose collections `publish` sees to; None where the pipeline is gone.

        Raises:
            InputError: a store refuses.
            TryAgain: a store did not answer.
        """
        used = [self._of(value) for value in read if _published(value)]
        if store is None:
            return self._listed(project, pipeline, [name for name in self._facts if not used or name in used], 0.0)
        if store not in used:
            return []  # it has published nothing there: readers may still be where it was
        moved = max((i for i, name in enumerate(used) if name != store), default=-1) + 1
        if moved in (0, len(used)):
            return []
        published = [value for value in read if _published(value)][moved]
        try:
            since = float(calendar.timegm(time.strptime(str(published["finished"]), receipt.STAMP)))
        except ValueError as error:
            raise InputError(f"receipt {published['_name']}: it does not say when the run finished: {error}") from error
        return self._listed(project, pipeline, sorted({name for name in used if name not in ("", store)}), since)

    def drop(self, item: Item) -> None:
        """Drop a collection and take the pipeline's alias from it, if they are there.

        Raises:
            InputError: the store refuses.
            TryAgain: it did not answer.
        """
        name, _, collection = item.address.partition("/")
        with self._open(name, item.project) as store:
            alias = identity.alias(self._run(item.project, item.pipeline))
            if store.live(alias) == collection:
                store.unalias(alias)
            store.drop(collection)

    def _listed(self, project: str, pipeline: str, names: Sequence[str], since: float) -> list[Item]:
        items = []
        for name in names:
            with self._open(name, project) as store:
                for collection in store.collections(identity.alias(self._run(project, pipeline))):
                    items.append(Item(COLLECTION, f"{name}/{collection}", project, pipeline, modified=since))
        return items

    def _of(self, value: Mapping[str, Any]) -> str:
        """Return the store of the catalog that a receipt names by its facts; empty where there is none any more."""
        held = part(part(value, "inputs"), "store")
        same = [n for n, f in self._facts.items() if all(f.get(key) == held.get(key) for key in ("engine", "secret"))]
        return same[0] if same else ""

    def _run(self, project: str, pipeline: str) -> Run:
        return Run(project, pipeline, "", "", self._artifacts)

    @contextmanager
    def _open(self, name: str, project: str) -> Iterator[Store]:
        facts = self._facts[name]
        with base.secrets_of(settings.SECRETS / f"store-{name}"):
            store = stores.open_store(str(facts["url"]).replace("{project}", project), facts)
            try:
                yield store
            finally:
                store.close()


def _published(value: Mapping[str, Any]) -> bool:
    return bool(part(value, "verdicts").get("published"))
