"""A file of a standard that is another version's but for what it says: `$from: v1` at its top.

Mappings are joined key by key, at every depth; a list or a plain value takes the place of the other version's, and
`null` takes a key out. Each value keeps the place where it is written, in whichever of the two files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dac.load.document import load_document
from dac.model import Document, Finding, Pointer, StandardRef
from dac.model.suggestion import suggestion
from dac.model.words import quoted

FROM = "$from"


class VersionedFiles:
    """The files of standards, each read once and completed by the version that it names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, tuple[Document | None, list[Finding]]] = {}
        self._open: list[Path] = []

    def has(self, ref: StandardRef, name: str) -> bool:
        """Whether something stands where the file would."""
        return os.path.lexists(self._path(ref.name, ref.version, name))

    def versions(self, standard: str, name: str) -> list[str]:
        """Return the versions of a standard that have a file of that name."""
        return [path.parent.name for path in sorted((self._root / "standards" / standard).glob(f"v*/{name}"))]

    def load(self, ref: StandardRef, name: str) -> tuple[Document | None, list[Finding]]:
        """Return a standard's file; None where it, or what it is made from, cannot be read.

        Args:
            ref: the standard.
            name: of the file in its folder.

        Returns:
            The document, and the findings about this very file: those about another version's come with that version.
        """
        path = self._path(ref.name, ref.version, name)
        if path not in self._read:
            self._read[path] = self._loaded(path, ref.name, name)
        return self._read[path]

    def _path(self, standard: str, version: str, name: str) -> Path:
        return self._root / "standards" / standard / version / name

    def _loaded(self, path: Path, standard: str, name: str) -> tuple[Document | None, list[Finding]]:
        document, findings = load_document(path, self._root, nulls=True)
        if document is None or findings or not isinstance(document.data, Mapping) or FROM not in document.data:
            return document, findings
        self._open.append(path)
        try:
            return self._completed(document, standard, name)
        finally:
            self._open.pop()

    def _completed(self, document: Document, standard: str, name: str) -> tuple[Document | None, list[Finding]]:
        version, place = document.data[FROM], document.at((FROM,))
        versions = self.versions(standard, name)
        if version not in versions:
            text = f"there is no version {quoted(version)} of {standard} to take {name} from"
            return None, [Finding(place, "standard.from", text, suggestion(str(version), versions))]
        if self._path(standard, version, name) in self._open:
            text = f"{FROM} leads from {version} back to this file"
            return None, [Finding(place, "standard.from", text, f"write one of them without {FROM}")]
        base, _ = self.load(StandardRef(standard, version), name)
        if base is None or not isinstance(base.data, Mapping):
            return None, []
        return _Joined(document, base).document()


class _Joined:
    """Two documents as one."""

    def __init__(self, own: Document, base: Document) -> None:
        self._own, self._base = own, base
        self._taken: set[Pointer] = set()  # of the base, with all below it
        self._findings: list[Finding] = []

    def document(self) -> tuple[Document | None, list[Finding]]:
        """Return them joined, and the findings about what is taken out and is not there."""
        data = self._mapping({k: v for k, v in self._own.data.items() if k != FROM}, self._base.data, ())
        if self._findings:
            return None, self._findings
        keys, values = dict(self._own.keys), dict(self._own.values)
        elsewhere = dict(self._own.elsewhere)
        for pointer in self._base.values:
            if any(pointer[:end] in self._taken for end in range(1, len(pointer) + 1)):
                values[pointer] = self._base.values[pointer]
                elsewhere[pointer] = self._base.file_of(pointer)
                if pointer in self._base.keys:
                    keys[pointer] = self._base.keys[pointer]
        return Document(self._own.file, data, keys, values, elsewhere), []

    def _mapping(self, own: Mapping[str, Any], base: Mapping[str, Any], pointer: Pointer) -> dict[str, Any]:
        """Join two mappings: what is new in `own` stands first, in its order, then what `base` has."""
        for key in own.keys() - base.keys():
            if own[key] is None:
                text = f"{self._base.file} has no {quoted(key)} here to take out"
                place = self._own.at_key((*pointer, key))
                self._findings.append(Finding(place, "standard.from", text, suggestion(key, base)))
        joined = {key: value for key, value in own.items() if key not in base}
        for key, value in base.items():
            here = (*pointer, key)
            if key not in own:
                self._taken.add(here)
                joined[key] = value
            elif isinstance(own[key], Mapping) and isinstance(value, Mapping):
                joined[key] = self._mapping(own[key], value, here)
            elif own[key] is not None:
                joined[key] = own[key]
        return joined
