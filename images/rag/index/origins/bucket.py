"""A prefix of the object store as an origin: its documents stay where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime import objects
from runtime.addresses import NotFound

from index.origins.choice import Choice
from index.origins.original import Original, Skipped, unfit

_HEAD = 1 << 20  # bytes of a document in which its front matter or the head of its page stands


class Bucket:
    """Gives the objects under a prefix, each with its ETag.

    Args:
        prefix: the address.
        choice: which objects are wanted.
        without: addresses that are not documents: the manifest's own.
    """

    def __init__(self, prefix: str, choice: Choice, without: frozenset[str] = frozenset()) -> None:
        self._prefix, self._choice, self._without = prefix, choice, without

    def documents(self, former: Mapping[str, str]) -> Iterator[Original | Skipped]:
        """Yield each object; the beginning alone is read, and only where the ETag is another."""
        listed = objects.entries(self._prefix)
        if not listed:
            raise NotFound(f"{self._prefix}: nothing lies under this address")
        for entry in listed:
            if entry.address in self._without:
                continue
            if why := self._choice.refusal(entry.name):
                yield Skipped(entry.name, why)
            elif skipped := unfit(entry.name, entry.size):
                yield skipped
            elif former.get(entry.name) == entry.etag:
                yield Original(entry.name, entry.etag, address=entry.address)
            else:
                try:
                    data = objects.read(entry.address, _HEAD)
                except NotFound:  # removed since it was listed
                    continue
                yield Original(entry.name, entry.etag, data, address=entry.address, part=entry.size > _HEAD)
