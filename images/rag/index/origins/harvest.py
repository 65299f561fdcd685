"""Documents of an origin brought to the object store, and the manifest of them: only what changed is brought again.

    s3://docs/handbook.jsonl           the manifest, in the order of the documents' names
    s3://docs/handbook/...             the documents, where their origin is not the object store itself
    s3://docs/handbook.stamps.json     by what the next time knows which documents are as they were

A document is written before the manifest that names it, and removed after the manifest that no longer does.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from runtime import objects
from runtime.addresses import NotFound
from runtime.errors import InputError
from runtime.files import LONGEST, UNFINISHED

from index import manifest
from index.manifest import Entry
from index.origins import description
from index.origins.original import Origin, Original, Skipped
from index.readers import LONGEST_TITLE, media_type
from index.readers.signature import LFS

Guard = Callable[[Collection[str], Collection[str]], None]
SUFFIX = ".jsonl"
_NAMED = 5  # of what is skipped for one reason


@dataclass
class Counted:
    """Names by reason: all are counted, the first few named."""

    names: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, why: str, name: str) -> None:
        """Count a name; what of it is not UTF-8 is shown as `?`."""
        self.counts[why] = self.counts.get(why, 0) + 1
        if len(named := self.names.setdefault(why, [])) < _NAMED:
            named.append(name.encode(errors="replace").decode())

    def summary(self) -> dict[str, Any]:
        """Return each reason with its count and the first names."""
        return {why: {"count": self.counts[why], "names": self.names[why]} for why in sorted(self.counts)}


@dataclass(frozen=True)
class _Former:
    """What an earlier time left: the manifest's entries, and the stamps that hold for it."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    stamps: Mapping[str, str] = field(default_factory=dict)


class Harvest:
    """Brings an origin's documents to a manifest's address.

    Args:
        origin: gives the documents.
        source: what the origin is, in the user's words: a manifest of another source is not overwritten.
        address: of the manifest: s3://..., ending in `.jsonl`.
        guard: is given the names of the former documents and of the present ones, and refuses what must not be lost.
    """

    def __init__(self, origin: Origin, source: str, address: str, guard: Guard | None = None) -> None:
        self._origin, self._source, self._address, self._guard = origin, source, address, guard
        self._base = address.removesuffix(SUFFIX)
        self._skipped, self._kept, self._lost = Counted(), Counted(), Counted()

    def bring(self) -> dict[str, Any]:
        """Write what changed, then the manifest; return what was done, for people.

        Raises:
            InputError: the origin has no documents, refuses us or lost too many, or the manifest there is of another
                source.
            TryAgain: the origin or the object store did not answer.
        """
        former = self._former()
        entries, stamps = self._entries(former)
        if not entries:
            why = "; ".join(f"{fact['count']} {why}" for why, fact in self._skipped.summary().items())
            raise InputError(f"{self._source} has no documents to index{f' (skipped: {why})' if why else ''}")
        if self._guard:
            self._guard(former.entries.keys(), entries.keys())
        names = sorted(entries)
        data = b"".join(manifest.line(entries[name]) for name in names)
        objects.write(self._address, data)
        state = {"version": 1, "described": description.VERSION, "source": self._source, "manifest": _digest(data)}
        objects.write(f"{self._base}.stamps.json", orjson.dumps({**state, "stamps": {n: stamps[n] for n in names}}))
        self._remove(former, entries)
        return self._summary(former, entries)

    def _entries(self, former: _Former) -> tuple[dict[str, Entry], dict[str, str]]:
        entries: dict[str, Entry] = {}
        stamps: dict[str, str] = {}
        for original in self._origin.documents(former.stamps):
            name = original.name
            if isinstance(original, Skipped):
                if not (original.kept and name in former.entries):
                    self._skipped.add(original.why, name)
                    continue
                self._kept.add(original.why, name)
                entries[name], stamps[name] = former.entries[name], former.stamps.get(name, "")
                continue
            if len(name.encode()) > manifest.LONGEST["id"]:
                self._skipped.add(f"its name is longer than {manifest.LONGEST['id']} bytes", name)
                continue
            if (original.data or b"").startswith(LFS):
                self._skipped.add("a pointer of Git LFS, without its content", name)
                continue
            entries[name] = (
                former.entries[name] if original.data is None else self._brought(original, original.data, former)
            )
            stamps[name] = original.stamp
        return entries, stamps

    def _brought(self, original: Original, data: bytes, former: _Former) -> Entry:
        """Return the entry of a document, which is written where it is another than before."""
        media = original.media or media_type("", original.name)
        whole = data if not original.part else data[: max(data.rfind(b"\n"), data.rfind(b">")) + 1]  # no torn character
        own = description.describe(whole, media)
        content = f"etag:{original.stamp}" if original.address else f"sha256:{hashlib.sha256(data).hexdigest()}"
        uri = original.address or f"{self._base}/{_key(original)}"
        entry = Entry(
            original.name,
            uri,
            content,
            own.title[:LONGEST_TITLE],
            original.media,
            {**own.metadata, **original.metadata},
        )
        for lost in own.lost:
            self._lost.add(lost, original.name)
        try:
            entry = manifest.parse(manifest.line(entry), "")
        except (ValueError, TypeError) as error:  # TypeError: a value that JSON has no words for
            self._lost.add(str(error).removeprefix(": ").partition(";")[0], original.name)
            entry = replace(entry, metadata=dict(original.metadata), media=media)
        before = former.entries.get(original.name)
        if not original.address and (before is None or (before.uri, before.content) != (entry.uri, entry.content)):
            objects.write(entry.uri, data)
        return entry

    def _former(self) -> _Former:
        """Return what lies at the address.

        Raises:
            InputError: a manifest that is not of this source.
        """
        try:
            data = objects.read(self._address)
        except NotFound:
            return _Former()
        try:
            state = objects.read_json(f"{self._base}.stamps.json")
        except NotFound:
            state = None
        state = state if isinstance(state, dict) else {}
        if state.get("source") != self._source:
            whose = f"is of {state['source']}" if state.get("source") else "was not written by this command"
            raise InputError(
                f"{self._address}: the manifest there {whose}, and would be overwritten; give another address, or "
                "remove it"
            )
        try:
            entries = {entry.id: entry for entry in manifest.read(self._address)}
        except ValueError as error:
            raise InputError(f"{error}; remove the manifest, and it is written anew") from error
        here, own = {entry.address for entry in objects.entries(self._base)}, f"{self._base}/"
        held = {name: entry for name, entry in entries.items() if entry.uri in here or not entry.uri.startswith(own)}
        if state.get("manifest") != _digest(data) or state.get("described") != description.VERSION:
            return _Former(held)
        return _Former(held, {name: stamp for name, stamp in state["stamps"].items() if name in held and stamp})

    def _remove(self, former: _Former, entries: Mapping[str, Entry]) -> None:
        """Remove what the former manifest named and this one does not; nothing that is not ours."""
        named = {entry.uri for entry in entries.values()}
        for entry in former.entries.values():
            if entry.uri.startswith(f"{self._base}/") and entry.uri not in named:
                objects.remove(entry.uri)

    def _summary(self, former: _Former, entries: Mapping[str, Entry]) -> dict[str, Any]:
        before = {name: entry.digest for name, entry in former.entries.items()}
        now = {name: entry.digest for name, entry in entries.items()}
        return {
            "manifest": self._address,
            "documents": len(now),
            "added": len(now.keys() - before.keys()),
            "changed": sum(1 for name in now.keys() & before.keys() if now[name] != before[name]),
            "removed": len(before.keys() - now.keys()),
            "titled": sum(1 for entry in entries.values() if entry.title),
            "skipped": self._skipped.summary(),
            "kept": self._kept.summary(),
            "lost": self._lost.summary(),
        }


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _key(original: Original) -> str:
    """Return where a document lies below the manifest's folder: by its name, or by a hash where no file can have that.

    What has a media type of its own is a page: its address may end in a slash, or be the folder of another's.
    """
    parts = original.name.split("/")
    fits = all(part not in ("", ".") and len(part.encode()) <= LONGEST - len(UNFINISHED) for part in parts)
    if fits and not original.media and "\0" not in original.name:
        return original.name
    suffix = posixpath.splitext(original.name)[1]
    return hashlib.sha256(original.name.encode()).hexdigest()[:32] + (suffix if suffix[1:].isalnum() else "")
