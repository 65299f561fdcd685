"""How two values differ: by structure, with the items of lists matched by what names them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dac.model.object_path import Path, by_name, structured


class How(StrEnum):
    """What happened to a value."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs.

    Attributes:
        path: where it stands.
        how: what happened to it.
        before: the value before; None where it was added.
        after: the value after; None where it was removed.
    """

    path: Path
    how: How
    before: Any = None
    after: Any = None

    @property
    def text(self) -> str:
        """The same for differences that are equal, whose values may be mappings and lists."""
        return _text([self.path, self.how, self.before, self.after])


def differences(before: Any, after: Any, path: Path = ()) -> list[Difference]:
    """Return each value that differs, in the order of `before` and then of `after`.

    Texts that hold JSON on both sides are compared by their structure, since templates carry settings as JSON.
    """
    return list(_differences(before, after, path))


def _differences(before: Any, after: Any, path: Path) -> Iterator[Difference]:
    if before is after or (type(before) is type(after) and before == after and not isinstance(before, dict | list)):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _mappings(before, after, path)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        yield from _lists(before, after, path)
    elif (old := structured(before)) is not None and (new := structured(after)) is not None:
        yield from _differences(old, new, path)
    else:
        yield Difference(path, How.CHANGED, before, after)


def _mappings(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[Difference]:
    for key, value in before.items():
        if key in after:
            yield from _differences(value, after[key], (*path, str(key)))
        else:
            yield Difference((*path, str(key)), How.REMOVED, before=value)
    for key, value in after.items():
        if key not in before:
            yield Difference((*path, str(key)), How.ADDED, after=value)


def _lists(before: Sequence[Any], after: Sequence[Any], path: Path) -> Iterator[Difference]:
    old, new = by_name(before), by_name(after)
    if old is not None and new is not None and (old or new):
        yield from _mappings({f"[{k}]": v for k, v in old.items()}, {f"[{k}]": v for k, v in new.items()}, path)
        if [name for name in old if name in new] != [name for name in new if name in old]:
            yield Difference(path, How.REORDERED, list(old), list(new))
        return
    texts, new_texts = list(map(_text, before)), list(map(_text, after))
    gone, come = Counter(texts) - Counter(new_texts), Counter(new_texts) - Counter(texts)
    if not gone and not come:
        if texts != new_texts:
            yield Difference(path, How.REORDERED, list(before), list(after))
        return
    removed = _picked(before, texts, gone)
    added = _picked(after, new_texts, come)
    if len(before) == len(after) and [i for i, _ in removed] == [i for i, _ in added]:
        for (index, old_item), (_, new_item) in zip(removed, added, strict=True):
            yield from _differences(old_item, new_item, (*path, f"[{index}]"))
        return
    yield from (Difference((*path, f"[{index}]"), How.REMOVED, before=item) for index, item in removed)
    yield from (Difference((*path, f"[{index}]"), How.ADDED, after=item) for index, item in added)


def _picked(items: Sequence[Any], texts: Sequence[str], wanted: Counter[str]) -> list[tuple[int, Any]]:
    rest = Counter(wanted)
    picked = []
    for index, (item, text) in enumerate(zip(items, texts, strict=True)):
        if rest[text] > 0:
            rest[text] -= 1
            picked.append((index, item))
    return picked


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
