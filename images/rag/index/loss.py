"""What a run would take from readers, held against what one run may: documents, those with text, points, characters.

A share of the size's `max_loss` may go; beyond it a run stops before it writes anything, unless the team has decided
`allow_loss`: mostly the source is a broken export.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from runtime import settings
from runtime.errors import InputError
from runtime.settings import Run
from runtime.words import plural

from index import ledger, sources, versions
from index.ledger import IndexedDocument, Ledger
from index.sources import Source
from index.versions import Published

_NAMED = 3
_NOTHING = IndexedDocument("", "", 0)
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
    """Refuse a change that takes too much text from readers, of one source or of all together.

    Args:
        had: what readers have.
        new: what they would have.
        comparable: whether the two were cut alike, so that their points and characters can be compared.
        sizing: the size's entry.

    Raises:
        InputError: it does, and LOSS is not `allowed`.
    """
    if had is None or _allowed():
        return
    groups: dict[str, Collection[str]] = {"": had.rows}
    if len(new.sources) > 1:
        held = sources.by_source(had.rows, {*had.sources, *new.sources})
        groups |= {f" of the source {name}": held.get(name, ()) for name in new.sources}
    for of, documents in groups.items():
        before = {name: had.rows[name] for name in documents if had.rows[name].points}
        after = {name: new.rows.get(name, _NOTHING) for name in before}
        _check_emptied(of, [name for name in before if not after[name].points], len(before), _share(sizing))
        if comparable:
            for unit in ("point", "character"):
                had_of = {name: getattr(row, f"{unit}s") for name, row in before.items()}
                left = {name: getattr(row, f"{unit}s") for name, row in after.items()}
                _check_shrunk(of, unit, had_of, left, _share(sizing))


def _check_emptied(of: str, emptied: Sequence[str], count: int, share: float) -> None:
    if len(emptied) > share * count:
        raise InputError(
            f"this run would take the text of {len(emptied)} of {plural(count, 'document')}{of} from readers "
            f"({_names(sorted(emptied))}), {_may(share)}"
        )


def _check_shrunk(of: str, unit: str, held: Mapping[str, int], left: Mapping[str, int], share: float) -> None:
    shrunk = {name: held[name] - left[name] for name in held if held[name] > left[name]}
    lost, total = sum(shrunk.values()), sum(held.values())
    if lost > share * total:
        most = sorted(shrunk, key=lambda name: (-shrunk[name], name))
        raise InputError(
            f"this run would take {lost} of {plural(total, unit)}{of} from readers (most of them from {_names(most)}), "
            f"{_may(share)}"
        )


def _may(share: float) -> str:
    return f"more than the {share:.0%} that one run may; nothing was written. {_REMEDY}"


def _allowed() -> bool:
    return settings.text("LOSS", "guarded") == "allowed"


def _share(sizing: Mapping[str, Any]) -> float:
    return float(sizing.get("max_loss", 0.2))


def _names(documents: list[str]) -> str:
    more = f" and {len(documents) - _NAMED} more" if len(documents) > _NAMED else ""
    return ", ".join(map(repr, documents[:_NAMED])) + more
