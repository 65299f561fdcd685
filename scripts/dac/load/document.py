"""YAML to a Document: strict, with the place of every key and value, by libyaml's events.

Nothing is expanded: an anchor or an alias is refused where it stands, so that no text can grow beyond its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dac.load.scalars import Ambiguous, resolve
from dac.load.syntax import stray_tabs, syntax_finding
from dac.load.yaml_text import decode
from dac.model import Document, Finding, Location, Pointer

DECISIONS_LIMIT = 64 * 1024
LIMIT = 8 * 1024 * 1024
_MAX_DEPTH = 64


class _TooDeepError(Exception):
    def __init__(self, mark: Any) -> None:
        self.mark = mark


class _Builder:
    """Builds one document of an event stream."""

    def __init__(self, file: str, events: Iterator[Any], *, nulls: bool) -> None:
        self.file = file
        self.events = events
        self.nulls = nulls
        self.keys: dict[Pointer, tuple[int, int]] = {}
        self.values: dict[Pointer, tuple[int, int]] = {}
        self.findings: list[Finding] = []

    def report(self, mark: Any, code: str, message: str, remedy: str) -> None:
        self.findings.append(Finding(Location(self.file, mark.line + 1, mark.column + 1), code, message, remedy))

    def node(self, event: Any, pointer: Pointer) -> Any:
        mark = event.start_mark
        self.values[pointer] = (mark.line + 1, mark.column + 1)
        if event.anchor is not None:
            self._refuse_anchor(event)
        kind = type(event)
        if kind is yaml.AliasEvent:
            return None
        if event.tag is not None:
            self.report(
                mark, "yaml.tag", f"tag {_shown(event.tag)} is not allowed", "remove it; quote the value if it is text"
            )
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if len(pointer) >= _MAX_DEPTH:
            raise _TooDeepError(mark)
        return self._mapping(pointer) if kind is yaml.MappingStartEvent else self._sequence(pointer)

    def _refuse_anchor(self, event: Any) -> None:
        sign = "*" if type(event) is yaml.AliasEvent else "&"
        word = "alias" if sign == "*" else "anchor"
        self.report(
            event.start_mark,
            f"yaml.{word}",
            f"{word} {sign}{event.anchor} is not allowed",
            "write the value out, or quote it if it is text",
        )

    def _scalar(self, event: Any) -> Any:
        if (event.style is not None and event.style != "") or event.tag is not None:
            return event.value
        value = resolve(event.value, nulls=self.nulls)
        if isinstance(value, Ambiguous):
            self._ambiguous(event, value)
            return event.value
        return value

    def _ambiguous(self, event: Any, found: Ambiguous) -> None:
        if not event.value:
            remedy = 'write null, "" or {}' if self.nulls else "write one, or leave the key out"
            self.report(event.start_mark, "yaml.no_value", "there is no value here", remedy)
            return
        other = f", or {found.instead} if that is meant" if found.instead and found.instead != event.value else ""
        self.report(
            event.start_mark,
            "yaml.ambiguous",
            f"{event.value} without quotes is {found.reading} to some YAML readers and text to others",
            f'write "{event.value}"{other}',
        )

    def _sequence(self, pointer: Pointer) -> list[Any]:
        items: list[Any] = []
        while type(event := next(self.events)) is not yaml.SequenceEndEvent:
            items.append(self.node(event, (*pointer, len(items))))
        return items

    def _mapping(self, pointer: Pointer) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while type(event := next(self.events)) is not yaml.MappingEndEvent:
            key = self._key(event)
            value_event = next(self.events)
            if key is None or key in entries:
                if key is not None:
                    self._duplicate(event, key, (*pointer, key))
                self._skip(value_event, len(pointer) + 1)
                continue
            mark = event.start_mark
            self.keys[(*pointer, key)] = (mark.line + 1, mark.column + 1)
            entries[key] = self.node(value_event, (*pointer, key))
        return entries

    def _key(self, event: Any) -> str | None:
        """The key's text; None for one that is no text, which is reported."""
        if type(event) is not yaml.ScalarEvent:
            self.report(event.start_mark, "yaml.key", "a key must be a word", "write it as text")
            self._skip(event, 0)
            return None
        if event.anchor is not None:
            self._refuse_anchor(event)
        if event.tag is not None:
            self.report(event.start_mark, "yaml.tag", f"tag {_shown(event.tag)} is not allowed", "remove it")
        elif not event.style:
            value = resolve(event.value)
            if isinstance(value, Ambiguous) or not isinstance(value, str):
                reading = value.reading if isinstance(value, Ambiguous) else "no text"
                self.report(
                    event.start_mark,
                    "yaml.ambiguous",
                    f"the key {event.value} without quotes is {reading} to some YAML readers",
                    f'write "{event.value}"' if event.value else "write a key before the colon",
                )
        return str(event.value)

    def _duplicate(self, event: Any, key: str, pointer: Pointer) -> None:
        self.report(
            event.start_mark,
            "yaml.duplicate_key",
            f'key "{key}" is written twice, first on line {self.keys[pointer][0]}',
            "keep one of them",
        )

    def _skip(self, event: Any, depth: int) -> None:
        """Leaves out a value that has no place in the data."""
        opened = 0
        while True:
            opened += type(event) in (yaml.MappingStartEvent, yaml.SequenceStartEvent)
            opened -= type(event) in (yaml.MappingEndEvent, yaml.SequenceEndEvent)
            if opened == 0:
                return
            if opened + depth > _MAX_DEPTH:
                raise _TooDeepError(event.start_mark)
            event = next(self.events)


def parse_yaml(
    data: bytes, file: str, *, nulls: bool = False, limit: int = LIMIT
) -> tuple[Document | None, list[Finding]]:
    """One document.

    Args:
        data: the file's bytes.
        file: path relative to the root, for findings.
        nulls: whether the word `null` is a value.
        limit: the most bytes it may have.

    Returns:
        The document, None where it cannot be read at all; and what is wrong. A document that comes with findings holds
        what could be read, so that its other faults can be told in the same go.
    """
    documents, findings = parse_documents(data, file, nulls=nulls, limit=limit)
    if not findings and not documents:
        findings = [
            Finding(Location(file), "yaml.empty", "the file is empty", "write the document, or remove the file")
        ]
    if len(documents) > 1:
        second = documents[1].at(())
        findings.append(
            Finding(second, "yaml.second_document", "a second document begins here", "keep one document in the file")
        )
    return (documents[0] if documents else None), findings


def parse_documents(
    data: bytes, file: str, *, nulls: bool = True, limit: int = LIMIT
) -> tuple[list[Document], list[Finding]]:
    """Every document of a file, as `parse_yaml`; an empty file has none."""
    if len(data) > limit:
        return [], [
            Finding(Location(file), "yaml.too_large", f"the file is larger than {limit // 1024} KiB", "make it smaller")
        ]
    text, findings = decode(data, file)
    if text is None:
        return [], findings
    return _build(text, file, nulls=nulls)


def _build(text: str, file: str, *, nulls: bool) -> tuple[list[Document], list[Finding]]:
    events: list[Any] = []
    documents: list[Document] = []
    findings: list[Finding] = []
    try:
        parser = yaml.CSafeLoader(text)
        while parser.check_event():
            events.append(parser.get_event())
    except yaml.YAMLError as error:
        return [], [syntax_finding(error, text, file)]
    stream = iter(events)
    for event in stream:
        if type(event) is not yaml.DocumentStartEvent:
            continue
        builder = _Builder(file, stream, nulls=nulls)
        try:
            data = builder.node(next(stream), ())
        except _TooDeepError as error:
            builder.report(error.mark, "yaml.too_deep", f"nested deeper than {_MAX_DEPTH} levels", "flatten it")
            return [], [*findings, *builder.findings]
        documents.append(Document(file, data, builder.keys, builder.values))
        findings += builder.findings
    if "\t" in text:
        findings += stray_tabs(text, events, file)
    return documents, findings


def load_document(
    path: Path, root: Path, *, nulls: bool = False, limit: int = LIMIT
) -> tuple[Document | None, list[Finding]]:
    """Reads and parses one file; a file that cannot be read is a finding."""
    file = path.relative_to(root).as_posix()
    data, findings = read(path, file, limit)
    return parse_yaml(data, file, nulls=nulls, limit=limit) if data is not None else (None, findings)


def read(path: Path, file: str, limit: int = LIMIT) -> tuple[bytes | None, list[Finding]]:
    """The file's bytes, no more of them than tell that it is too large."""
    try:
        if not path.is_file():
            missing = f"{path.name} is missing" if not path.exists() else f"{path.name} is not a file"
            return None, [Finding(Location(file), "file.missing", missing, "add it")]
        with path.open("rb") as stream:
            return stream.read(limit + 1), []
    except OSError as error:
        return None, [
            Finding(Location(file), "file.unreadable", f"cannot be read: {error.strerror}", "mend its permissions")
        ]


def _shown(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
