"""What differs between manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dac.model import Manifest
from dac.plan import Difference, differences

HASHES = frozenset(["dac.dev/content", "[content]", "[TEMPLATE_CONTENT]"])  # they differ wherever anything does


def all_differing(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> list[Difference]:
    """Return what differs between two sets of manifests, by path."""
    return [d for path in sorted(old.keys() | new.keys()) for d in differing(old.get(path), new.get(path))]


def differing(before: Manifest | None, after: Manifest | None) -> list[Difference]:
    """Return what differs between two manifests but for their hashes; all of one where the other is missing."""
    old, new = (list(manifest.objects) if manifest else [] for manifest in (before, after))
    if old == new:
        return []
    return [d for d in differences(old, new) if not HASHES & set(d.path)]


def manifest_differences(old: Sequence[Manifest], new: Sequence[Manifest]) -> list[Difference]:
    """Return what differs between two lists of manifests, matched by their paths."""
    return all_differing({m.path: m for m in old}, {m.path: m for m in new})
