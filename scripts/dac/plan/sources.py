"""What changed under standards/, each change by itself, so that an effect can be traced to its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dac.model import Document, Location, Pointer, Repository, Standard, StandardRef, value_at
from dac.plan.decisions import described
from dac.plan.difference import Difference, How, differences
from dac.plan.effect import Effect, meaning

_MOST = 24  # values of a catalog file that are told apart; of more, each entry is one source, or the whole file


@dataclass(frozen=True, slots=True)
class Source:
    """One change of the centre.

    Attributes:
        effect: what it means, as far as the catalog's schema says so; None where the manifests must tell.
        cause: where it stands.
        base: whether that is a place in the base.
        revert: returns the head's repository without this change.
    """

    effect: Effect | None
    cause: Location
    base: bool
    revert: Callable[[Repository], Repository]


def changed_sources(base: Repository, head: Repository) -> list[Source]:
    """Return every change of the catalog, of a standard and of the platform's manifests, file by file."""
    return [*_catalog(base, head), *_standards(base, head), *_platform(base, head), *_observability(base, head)]


def _catalog(base: Repository, head: Repository) -> Iterator[Source]:
    for kind in sorted(base.catalog.kinds.keys() | head.catalog.kinds.keys()):
        old, new = base.catalog.kinds.get(kind, {}), head.catalog.kinds.get(kind, {})
        if old == new:
            continue
        documents = base.catalog.documents.get(kind), head.catalog.documents.get(kind)
        schema = head.catalog.schemas.get(kind, {})
        for pointer in _pointers(differences(old, new), *documents):
            yield _fact(kind, pointer, old, new, documents, schema)


def _pointers(differing: Sequence[Difference], *documents: Document | None) -> list[Pointer]:
    """Return the places that differ, each once; as few as can be told apart in reasonable time."""
    positions = [document.values for document in documents if document]
    pointers: dict[Pointer, None] = {}
    for difference in differing:
        pointer: Pointer = difference.path
        while pointer and not any(pointer in values for values in positions):
            pointer = pointer[:-1]
        pointers[pointer] = None
    for depth in (1, 0):
        if len(pointers) <= _MOST:
            break
        pointers = dict.fromkeys(pointer[:depth] for pointer in pointers)
    return list(pointers)


def _fact(
    kind: str,
    pointer: Pointer,
    old: Any,
    new: Any,
    documents: tuple[Document | None, Document | None],
    schema: Mapping[str, Any],
) -> Source:
    before, after = value_at(old, pointer, _ABSENT), value_at(new, pointer, _ABSENT)
    how = How.ADDED if before is _ABSENT else How.REMOVED if after is _ABSENT else How.CHANGED
    difference = Difference(
        (kind, *map(str, pointer)),
        how,
        None if before is _ABSENT else before,
        None if after is _ABSENT else after,
    )
    document, base = (documents[0], True) if how is How.REMOVED or documents[1] is None else (documents[1], False)
    cause = document.at_key(pointer) if document else Location(f"standards/catalog/{kind}.yaml")
    effect_class, words = meaning(schema, pointer)
    effect = Effect(effect_class, described(difference), words, cause, base)

    def revert(repository: Repository) -> Repository:
        kinds = {**repository.catalog.kinds, kind: _with(repository.catalog.kinds.get(kind, {}), pointer, before)}
        return replace(repository, catalog=replace(repository.catalog, kinds=kinds))

    return Source(effect, cause, base, revert)


def _standards(base: Repository, head: Repository) -> Iterator[Source]:
    for ref in sorted(base.standards.keys() ^ head.standards.keys(), key=str):
        yield _whole_standard(ref, base.standards.get(ref), head.standards.get(ref))
    for ref in sorted(base.standards.keys() & head.standards.keys(), key=str):
        old, new = base.standards[ref], head.standards[ref]
        if old.document.data != new.document.data:
            yield _standard(ref, old.document, new.document, lambda now, was: replace(was, template=now.template), old)
        if old.template.data != new.template.data:
            yield _standard(ref, old.template, new.template, lambda now, was: replace(now, template=was.template), old)


def _whole_standard(ref: StandardRef, old: Standard | None, new: Standard | None) -> Source:
    """Return the change that a standard is new, or gone."""

    def revert(repository: Repository) -> Repository:
        rest = {name: standard for name, standard in repository.standards.items() if name != ref}
        return replace(repository, standards=rest | ({ref: old} if old else {}))

    standard = new or old
    assert standard is not None
    return Source(None, standard.document.at(()), new is None, revert)


def _standard(
    ref: StandardRef,
    before: Document,
    after: Document,
    reverted: Callable[[Standard, Standard], Standard],
    old: Standard,
) -> Source:
    def revert(repository: Repository) -> Repository:
        standard = reverted(repository.standards[ref], old)
        return replace(repository, standards={**repository.standards, ref: standard})

    cause, base = _first_place([before], [after])
    return Source(None, cause, base, revert)


def _platform(base: Repository, head: Repository) -> Iterator[Source]:
    for file in sorted(base.platform.keys() | head.platform.keys()):
        old, new = base.platform.get(file, []), head.platform.get(file, [])
        if [document.data for document in old] == [document.data for document in new]:
            continue

        def revert(repository: Repository, file: str = file, old: list[Document] = old) -> Repository:
            rest = {name: documents for name, documents in repository.platform.items() if name != file}
            return replace(repository, platform=rest | ({file: old} if old else {}))

        cause, gone = _first_place(old, new)
        yield Source(None, cause, gone, revert)


def _observability(base: Repository, head: Repository) -> Iterator[Source]:
    for name in sorted(base.observability.keys() | head.observability.keys()):
        old, new = base.observability.get(name), head.observability.get(name)
        if old == new:
            continue

        def revert(repository: Repository, name: str = name, old: str | None = old) -> Repository:
            rest = {key: text for key, text in repository.observability.items() if key != name}
            return replace(repository, observability=rest | ({name: old} if old is not None else {}))

        yield Source(None, Location(f"standards/platform/observability/{name}"), new is None, revert)


def _first_place(before: Sequence[Document], after: Sequence[Document]) -> tuple[Location, bool]:
    """Return where the first difference of a file's documents stands, and whether that is in the base."""
    for index in range(max(len(before), len(after))):
        old = before[index] if index < len(before) else None
        new = after[index] if index < len(after) else None
        if old is None or new is None:
            document = new or old
            assert document is not None
            return document.at(()), new is None
        for difference in differences(old.data, new.data):
            pointer: Pointer = _pointer(difference.path, new.data)
            document = old if difference.how is How.REMOVED else new
            return document.at_key(_pointer(difference.path, document.data) or pointer), document is old
    document = (after or before)[0]
    return document.at(()), not after


def _pointer(path: Sequence[str], data: Any) -> Pointer:
    """Return a difference's path as keys and indices of the data, as far as they lead."""
    pointer: list[str | int] = []
    for part in path:
        key: str | int | None = part
        if isinstance(data, list):
            key = _index(part[1:-1], data)
        if key is None or (isinstance(data, Mapping) and key not in data) or not isinstance(data, Mapping | list):
            break
        pointer.append(key)
        data = data[key]  # type: ignore[index] # an index of a list, a key of a mapping
    return tuple(pointer)


def _index(name: str, items: Sequence[Any]) -> int | None:
    named = [i for i, item in enumerate(items) if isinstance(item, Mapping) and name in map(str, item.values())]
    if named:
        return named[0]
    return int(name) if name.isdigit() and int(name) < len(items) else None


_ABSENT: Any = object()


def _with(data: Any, pointer: Pointer, value: Any) -> Any:
    """Return a copy of the data with another value at the pointer; what is absent is taken out."""
    if not pointer:
        return {} if value is _ABSENT else value
    key, *rest = pointer
    if isinstance(data, list):
        items = list(data)
        items[int(key)] = _with(items[int(key)], tuple(rest), value)
        return items
    entries = dict(data) if isinstance(data, Mapping) else {}
    if not rest and value is _ABSENT:
        entries.pop(key, None)
    else:
        entries[key] = _with(entries.get(key, {}), tuple(rest), value)
    return entries
