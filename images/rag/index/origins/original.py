"""A document where it comes from, and what of an origin the manifest leaves out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from index.readers import media_type

LARGEST = 64 << 20  # bytes of a document; a size's `document_file_mib` is that by default


@dataclass(frozen=True, slots=True)
class Original:
    """A document of an origin.

    Attributes:
        name: what the manifest calls it.
        stamp: what changes when its content does, known without reading it; "" where there is no such thing.
        data: its bytes; None where they are as they were when the stamp was this one.
        media: its media type; "" where the name says it.
        metadata: what the origin knows of it.
        address: where it lies in the object store already; "" where it has to be brought there.
        part: whether `data` is the document's beginning alone.
    """

    name: str
    stamp: str = ""
    data: bytes | None = None
    media: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """What an origin has and the manifest does not.

    Attributes:
        name: what it is called there.
        why: without its name, so that alike ones are counted together.
        kept: whether what an earlier time brought of it stays in the manifest.
    """

    name: str
    why: str
    kept: bool = False


class Origin(Protocol):
    """Gives the documents of one place, in the order of their names."""

    def documents(self, former: Mapping[str, str]) -> Iterator[Original | Skipped]:
        """Yield each document once, and what is skipped.

        Args:
            former: names with the stamps of what an earlier time brought; an equal stamp needs no bytes.

        Raises:
            InputError: there is no such place, or it refuses us.
            TryAgain: it did not answer.
        """


def unfit(name: str, size: int) -> Skipped | None:
    """Return why a file can be no document by its name and its size; None where it may be one."""
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        return Skipped(name.encode(errors="replace").decode(), "its name is not UTF-8")
    if ".." in name.split("/"):
        return Skipped(name, "its name has a part '..'")
    if not media_type("", name):
        return Skipped(name, f"no reader reads {posixpath.splitext(name)[1].lower() or 'a file without a suffix'}")
    if size > LARGEST:
        return Skipped(name, f"larger than {LARGEST >> 20} MiB")
    return None
