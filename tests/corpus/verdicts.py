"""Who refuses what: the table of differences, and what was seen held against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).with_name("differences.yaml")
BOTH = "both"


def differences() -> dict[str, str]:
    """Return who refuses it (`rules`, `server`, `nobody`) by the name of a kind of change or of a denied case."""
    entries: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())
    refusers: dict[str, str] = {}
    for entry in entries:
        assert entry.keys() == {"by", "why", "of"}, entry
        assert entry["by"] in {"rules", "server", "nobody"}, entry
        assert len(entry["why"].split()) > 3, f"say why: {entry}"
        twice = refusers.keys() & set(entry["of"])
        assert not twice, f"{TABLE.name} lists {twice} twice"
        refusers |= dict.fromkeys(entry["of"], entry["by"])
    return refusers


def who(rules: bool, server: bool) -> str:
    """Return who refuses an object."""
    return {(True, True): BOTH, (True, False): "rules", (False, True): "server", (False, False): "nobody"}[
        rules, server
    ]


def unexplained(seen: Iterable[tuple[str, str]]) -> list[str]:
    """Return what was seen and does not stand in the table, a line each, sorted.

    Args:
        seen: the name of a kind or a case, and who refuses it; several of one name.
    """
    table, lines = differences(), []
    by_name: dict[str, set[str]] = defaultdict(set)
    for name, refusers in seen:
        by_name[name].add(refusers)
    for name, refusers in by_name.items():
        expected = table.get(name, BOTH)
        if refusers != {expected}:
            lines.append(f"{name}: refused by {' or '.join(sorted(refusers))}; {TABLE.name} says {expected}")
    return sorted(lines)
