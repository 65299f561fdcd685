"""Where readers of a pipeline find its index: by its alias, or by the former one until a run has published anew."""

from __future__ import annotations

from runtime.settings import Run

from index import identity, versions
from index.stores import Store


def alias(store: Store, run: Run) -> str:
    """Return the alias that leads to a pipeline's live index; where there is none yet, the one that its run will make.

    The former alias counts only where it leads to a collection that this pipeline has published: another pair of names
    could share it.
    """
    now, former = identity.alias(run), identity.former_alias(run)
    if store.live(now) is None and store.live(former) in {version.collection for version in versions.read(run)}:
        return former
    return now


def collection(store: Store, run: Run) -> str | None:
    """Return the collection that readers of a pipeline see; None before the first was published."""
    return store.live(alias(store, run))
