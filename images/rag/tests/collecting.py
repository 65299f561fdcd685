"""A source is collected, and what its manifest then holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from collect import collect
from index import manifest
from index.origins import pages
from index.origins.choice import Choice

TO = "s3://docs/handbook.jsonl"
SAME = {"added": 0, "changed": 0, "removed": 0}


def bucket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the bucket, a folder; a page that does not answer is asked again at once."""
    monkeypatch.setenv("OBJECTS", f"file://{folder / 'objects'}")
    monkeypatch.setattr(pages, "_WAITS", (0.0,))
    return folder / "objects/docs"


def made(source: str, *excludes: str, revision: str = "", to: str = TO) -> dict[str, Any]:
    """Collect a source; give the summary."""
    return collect(source, to, revision, Choice((), excludes))


def changes(summary: dict[str, Any]) -> dict[str, int]:
    """What changed."""
    return {name: summary[name] for name in SAME}


def entries(to: str = TO) -> dict[str, manifest.Entry]:
    """Return the manifest, which each document's bytes must fit."""
    return {entry.id: entry for entry in manifest.read(to)}
