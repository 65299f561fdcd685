"""Builds a document's data, and the place of all that is in it, from libyaml's events.

Nothing is expanded: an anchor or an alias is refused where it stands, so that no text can grow beyond its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from dac.load.scalars import Ambiguous, resolve
from dac.model import Finding, Location, Pointer
from dac.model.printing import shortened
from dac.model.words import quoted

MAX_DEPTH = 64


class TooDeepError(Exception):
    """A document is nested beyond MAX_DEPTH."""

    def __init__(self, mark: Any) -> None:
        self.mark = mark


class Builder:
    """One document of an event stream.

    Attributes:
        keys: pointer of each entry -> place of its key.
        values: pointer of each value -> its place.
        findings: what is wrong, in the text's order.
    """

    def __init__(self, file: str, events: Iterator[Any], end: tuple[int, int], *, nulls: bool) -> None:
        self.keys: dict[Pointer, tuple[int, int]] = {}
        self.values: dict[Pointer, tuple[int, int]] = {}
        self.findings: list[Finding] = []
        self._file = file
        self._end = end  # of the text: a value that is missing there has its mark past it
        self._events = events
        self._nulls = nulls
        self._aliases: set[str] = set()

    def report(self, mark: Any, code: str, message: str, remedy: str) -> None:
        """Add a finding at a mark of libyaml's."""
        self.findings.append(Finding(Location(self._file, *self._place(mark)), code, message, remedy))

    def _place(self, mark: Any) -> tuple[int, int]:
        return min((mark.line + 1, mark.column + 1), self._end)

    def build(self, pointer: Pointer = ()) -> Any:
        """Return the value whose first event is next.

        Raises:
            TooDeepError: it is nested too deeply to be read.
        """
        return self._value(next(self._events), pointer)

    def _value(self, event: Any, pointer: Pointer) -> Any:
        self.values[pointer] = self._place(event.start_mark)
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self._refuse_marks(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if len(pointer) >= MAX_DEPTH:
            raise TooDeepError(event.start_mark)
        return self._mapping(pointer) if kind is yaml.MappingStartEvent else self._sequence(pointer)

    def _alias(self, event: Any) -> None:
        """Told once a name: a bomb has as many as fit into the file."""
        if event.anchor not in self._aliases:
            self._aliases.add(event.anchor)
            remedy = "write out what it stands for, or quote it if it is text"
            self.report(event.start_mark, "yaml.alias", f"alias *{shortened(event.anchor, 60)} is not allowed", remedy)

    def _refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            remedy = "remove it, or quote it if it is text"
            self.report(
                event.start_mark, "yaml.anchor", f"anchor &{shortened(event.anchor, 60)} is not allowed", remedy
            )
        if event.tag is not None:
            tag = shortened(event.tag.replace("tag:yaml.org,2002:", "!!"), 60)
            remedy = "remove it, and quote what is text"
            self.report(event.start_mark, "yaml.tag", f"tag {tag} is not allowed", remedy)

    def _scalar(self, event: Any) -> Any:
        if event.style or event.tag is not None:
            return event.value
        value = resolve(event.value, nulls=self._nulls)
        if not isinstance(value, Ambiguous):
            return value
        if event.value:
            self._ambiguous(event, "", value, f", or {value.instead} if that is meant" if value.instead else "")
        else:
            remedy = 'write null, "" or {}' if self._nulls else "write one, or leave the key out"
            self.report(event.start_mark, "yaml.no_value", "there is no value here", remedy)
        return event.value

    def _ambiguous(self, event: Any, role: str, ambiguous: Ambiguous, other: str = "") -> None:
        written = shortened(event.value, 60)
        text = f"{role}{written} without quotes is {ambiguous.reading} to some YAML readers and text to others"
        self.report(event.start_mark, "yaml.ambiguous", text, f'write "{written}"{other}')

    def _sequence(self, pointer: Pointer) -> list[Any]:
        items: list[Any] = []
        while type(event := next(self._events)) is not yaml.SequenceEndEvent:
            items.append(self._value(event, (*pointer, len(items))))
        return items

    def _mapping(self, pointer: Pointer) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while type(event := next(self._events)) is not yaml.MappingEndEvent:
            key = self._key(event)
            if key is None:
                self._skip(next(self._events), pointer)
                continue
            here = (*pointer, key)
            if key in entries:
                text = f"key {quoted(key)} is written twice, first on line {self.keys[here][0]}"
                self.report(event.start_mark, "yaml.duplicate_key", text, "keep one of them")
                self._skip(next(self._events), pointer)
                continue
            self.keys[here] = self._place(event.start_mark)
            entries[key] = self.build(here)
        return entries

    def _key(self, event: Any) -> str | None:
        """Return the key's text; None, with a finding, for one that is not text or merges another mapping."""
        if type(event) is not yaml.ScalarEvent:
            self.report(event.start_mark, "yaml.key", "a key must be a word", "write it as text")
            self._skip(event, ())
            return None
        self._refuse_marks(event)
        if event.style or event.tag is not None:
            return str(event.value)
        value = resolve(event.value)
        if event.value == "<<":
            self.report(event.start_mark, "yaml.merge_key", "a merge key is not allowed", "write the keys out")
            return None
        if not event.value:
            self.report(event.start_mark, "yaml.key", "a key is missing here", "write it before the colon")
        elif isinstance(value, Ambiguous):
            self._ambiguous(event, "the key ", value)
        elif not isinstance(value, str):
            self._ambiguous(event, "the key ", Ambiguous("a value of another kind"))
        return str(event.value)

    def _skip(self, event: Any, pointer: Pointer) -> None:
        """Leaves out a value that has no place in the data."""
        opened = 0
        while True:
            opened += type(event) in (yaml.MappingStartEvent, yaml.SequenceStartEvent)
            opened -= type(event) in (yaml.MappingEndEvent, yaml.SequenceEndEvent)
            if opened == 0:
                return
            if opened + len(pointer) > MAX_DEPTH:
                raise TooDeepError(event.start_mark)
            event = next(self._events)
