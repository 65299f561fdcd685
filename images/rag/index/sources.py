"""The sources of a pipeline by name: the documents of several make one index.

A document of the source `main` is called as its source calls it; one of another source, `<source>:<id>`. So equal ids
of two sources are two documents, and a pipeline that had one source and gets more keeps what it has indexed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from runtime import settings
from runtime.errors import InputError
from runtime.settings import Run

from index import manifest
from index.manifest import Entry

MAIN = "main"
_COLLECTED = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents come from.

    Attributes:
        name: unique in its pipeline.
        address: of a manifest, or a prefix; of a source of the catalog, the manifest that `collect` writes.
    """

    name: str
    address: str


def configured() -> list[Source]:
    """Return the sources in SOURCES, `name=address` with commas between them; else the one in SOURCE, as `main`.

    Instead of an address there may be the name of a source of the catalog, which `collect` has brought by now.

    Raises:
        InputError: neither is set, or SOURCES cannot be read.
    """
    if not (text := settings.text("SOURCES", "")):
        return [Source(MAIN, _address(settings.text("SOURCE")))]
    sources: dict[str, Source] = {}
    for part in text.split(","):
        name, _, address = part.partition("=")
        if not _NAME.fullmatch(name) or not ("://" in address or _COLLECTED.fullmatch(address)):
            raise InputError(f"environment: SOURCES holds {part!r}, which is not name=address")
        if name in sources:
            raise InputError(f"environment: SOURCES names {name!r} twice")
        sources[name] = Source(name, _address(address))
    return list(sources.values())


def collected(run: Run, name: str) -> str:
    """Return where a run keeps the manifest of a source of the catalog."""
    return f"{run.home}/sources/{name}.jsonl"


def _address(place: str) -> str:
    return place if "://" in place else collected(settings.run(), place)


def described() -> str:
    """Return the sources as receipts name them, also where they are wrong: `main` alone by its address."""
    text = settings.text("SOURCES", "") or settings.text("SOURCE", "")
    return text if "," in text else text.removeprefix(f"{MAIN}=")


def read(sources: Collection[Source], skipped: Counter[str] | None = None) -> Iterator[Entry]:
    """Yield the documents of all sources, by the ids that the index knows them by.

    Args:
        sources: where they come from.
        skipped: counts, by suffix, the objects of prefixes that no reader reads.

    Raises:
        ValueError: a line of a manifest is wrong, or an id of `main` is another source's.
        NotFound: there is nothing at an address.
    """
    names = {source.name for source in sources}
    for source in sources:
        for entry in manifest.read(source.address, skipped):
            if source.name != MAIN:
                yield replace(entry, id=f"{source.name}:{entry.id}")
            elif (other := of(entry.id, names)) != MAIN:
                raise ValueError(
                    f"{source.address}: document {entry.id!r} is called like one of the source {other!r}; "
                    "rename the document or that source"
                )
            else:
                yield entry


def of(document: str, names: Collection[str]) -> str:
    """Return the source of a document in the index, one of `names` or `main`."""
    name, colon, _ = document.partition(":")
    return name if colon and name in names else MAIN


def by_source(documents: Iterable[str], names: Collection[str]) -> Mapping[str, list[str]]:
    """Return the documents of each source; none is left out."""
    grouped: dict[str, list[str]] = {}
    for document in documents:
        grouped.setdefault(of(document, names), []).append(document)
    return grouped
