"""YAML to a Document: one that every reader reads alike, with the place of every key and value."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from stat import S_ISREG
from typing import Any

import yaml

from dac.load.builder import MAX_DEPTH, Builder, TooDeepError
from dac.load.syntax import end_of, stray_tabs, syntax_finding
from dac.load.yaml_text import decode
from dac.model import Document, Finding, Location
from dac.model.entry import kind_of_entry

DECISIONS_LIMIT = 64 * 1024
LIMIT = 8 * 1024 * 1024


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
        what could be read, so that its other errors are reported in the same run.
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
    stream, end = iter(events), end_of(text)
    for event in stream:
        if type(event) is not yaml.DocumentStartEvent:
            continue
        builder = Builder(file, stream, end, nulls=nulls)
        try:
            data = builder.build()
        except TooDeepError as error:
            builder.report(error.mark, "yaml.too_deep", f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            return [], [*findings, *builder.findings]
        documents.append(Document(file, data, builder.keys, builder.values))
        findings += [_commented(finding, text) for finding in builder.findings]
    if "\t" in text:
        findings += stray_tabs(text, events, file)
    return documents, findings


def _commented(finding: Finding, text: str) -> Finding:
    """Return a finding about a value that is missing; where a comment stands in its place, with what to write."""
    if finding.code != "yaml.no_value":
        return finding
    place = finding.location
    line = text.split("\n")[place.line - 1][place.column - 1 :].strip()
    if not line.startswith("#"):
        return finding
    return replace(finding, remedy=f'a # begins a comment; if it is the value, put it into quotes: "{line}"')


def load_document(
    path: Path, root: Path, *, nulls: bool = False, limit: int = LIMIT
) -> tuple[Document | None, list[Finding]]:
    """Read and parse one file; a file that cannot be read is a finding."""
    file = path.relative_to(root).as_posix()
    data, findings = read(path, file, limit)
    return parse_yaml(data, file, nulls=nulls, limit=limit) if data is not None else (None, findings)


def read(path: Path, file: str, limit: int = LIMIT) -> tuple[bytes | None, list[Finding]]:
    """Return the file's bytes, only as many as show that it is too large."""
    try:
        if S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as stream:
                return stream.read(limit + 1), []
    except (FileNotFoundError, NotADirectoryError):
        pass  # what is missing, and what may be meant, is told below
    except OSError as error:
        return None, [_unreadable(file, error)]
    return None, [_no_file(path, file)]


def _no_file(path: Path, file: str) -> Finding:
    """Return what is there in place of a file."""
    try:
        if path.is_symlink():  # it could show a machine's own files in the findings of a pull request
            return Finding(Location(file), "file.link", f"{path.name} is a link", "put the file itself here")
        if kind := kind_of_entry(path):
            text = f"{path.name} is {kind}, not a file"
            return Finding(Location(file), "file.special", text, "put a file in its place")
        missing = f"{path.name} is missing" if not path.exists() else f"{path.name} is not a file"
        other = path.with_suffix(".yml")
        remedy = f"rename {other.name}, which is there" if path.suffix == ".yaml" and other.is_file() else "add it"
        return Finding(Location(file), "file.missing", missing, remedy)
    except OSError as error:
        return _unreadable(file, error)


def _unreadable(file: str, error: OSError) -> Finding:
    return Finding(Location(file), "file.unreadable", f"cannot be read: {error.strerror}", "fix its permissions")
