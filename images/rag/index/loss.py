"""What a run would take from readers, held against what one run may: documents, documents with text, and points.

A share of the size's `max_loss` may go; beyond it a run stops before it writes anything, unless the team has decided
`allow_loss`: mostly the source is a broken export.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from runtime import settings
from runtime.errors import InputError
from runtime.settings import Run
from runtime.words import plural

from index import ledger, sources, versions
from index.ledger import Ledger
from index.sources import Source
from index.versions import Published

_NAMED = 3
_REMEDY = "Fix the source, or set `allow_loss: true`"


def ledger_address(run: Run, collection: str) -> str:
    """Return where the collection's committed ledger is."""
    return f"{run.home}/ledger/{collection}.parquet"


def reference(run: Run, live: str | None) -> tuple[Ledger | None, Published | None]:
    """Return the ledger of what readers have, and how it was published.

    Where a run died between its switch and its ledger, the version published before it is what readers had.

    Args:
        run: the run.
        live: the collection that readers see; None before the first.
    """
    published = {version.collection: version for version in reversed(versions.read(run))}
    for name in [live, *published]:
        if name and (had := ledger.read(ledger_address(run, name))):
            return had, published.get(name)
    return None, None


def check_documents(had: Ledger | None, seen: set[str], read: Collection[Source], sizing: Mapping[str, Any]) -> None:
    """Refuse sources that lost too many documents at once: one of them, or all together.

    Args:
        had: what readers have.
        seen: the documents that the sources name.
        read: the sources.
        sizing: the size's entry.

    Raises:
        InputError: it did, and LOSS is not `allowed`.
    """
    if had is None or not had.rows:
        return
    check_lost(sources.described(), had.rows.keys(), seen, sizing)
    held = sources.by_source(had.rows, {*had.sources, *(source.name for source in read)}) if len(read) > 1 else {}
    for source in read:
        check_lost(source.address, held.get(source.name, ()), seen, sizing)


def check_lost(where: str, held: Collection[str], seen: Collection[str], sizing: Mapping[str, Any]) -> None:
    """Refuse a place that lost too many of the documents that it had.

    Args:
        where: the place, for people.
        held: the documents that it had.
        seen: those that it has.
        sizing: the size's entry.

    Raises:
        InputError: it did, and LOSS is not `allowed`.
    """
    if _allowed():
        return
    lost, share = sum(document not in seen for document in held), _share(sizing)
    if lost > share * len(held):
        raise InputError(
            f"{where} lost {lost} of {plural(len(held), 'document')} since the last run, "
            f"more than the {share:.0%} that one run may delete; nothing was deleted. {_REMEDY}"
        )


def check_text(had: Ledger | None, new: Ledger, comparable: bool, sizing: Mapping[str, Any]) -> None:
    """Refuse a change that takes the text of too many documents, or too many points, from readers.

    Args:
        had: what readers have.
        new: what they would have.
        comparable: whether the two were cut alike, so that their points can be compared.
        sizing: the size's entry.

    Raises:
        InputError: it does, and LOSS is not `allowed`.
    """
    if had is None or _allowed():
        return
    share, held = _share(sizing), {name: row.points for name, row in had.rows.items() if row.points}
    after = {name: new.rows[name].points if name in new.rows else 0 for name in held}
    emptied = sorted(name for name in held if not after[name])
    may = f"more than the {share:.0%} that one run may; nothing was written"
    if len(emptied) > share * len(held):
        raise InputError(
            f"this run would take the text of {len(emptied)} of {plural(len(held), 'document')} from readers "
            f"({_names(emptied)}), {may}. {_REMEDY}"
        )
    shrunk = {name: held[name] - after[name] for name in held if held[name] > after[name]}
    lost, total = sum(shrunk.values()), sum(held.values())
    if comparable and lost > share * total:
        most = sorted(shrunk, key=lambda name: (-shrunk[name], name))
        raise InputError(
            f"this run would take {lost} of {plural(total, 'point')} from readers (most of them from {_names(most)}), "
            f"{may}. {_REMEDY}"
        )


def _allowed() -> bool:
    return settings.text("LOSS", "guarded") == "allowed"


def _share(sizing: Mapping[str, Any]) -> float:
    return float(sizing.get("max_loss", 0.2))


def _names(documents: list[str]) -> str:
    more = f" and {len(documents) - _NAMED} more" if len(documents) > _NAMED else ""
    return ", ".join(map(repr, documents[:_NAMED])) + more
