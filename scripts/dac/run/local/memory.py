"""The caches of memoized templates, a file each in the state folder: in a cluster each is a ConfigMap."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dac.run.argo.memoize import Entry
from dac.run.local import contents


@dataclass(frozen=True, slots=True)
class FileMemory:
    """The caches of a controller, for the runs of every namespace.

    Attributes:
        folder: what they are kept in.
        artifacts: of the run; those of an entry of another run are copied there when it is recalled.
    """

    folder: Path
    artifacts: Path

    def load(self, cache: str, key: str) -> Entry | None:
        """Return what a cache has under a key, with its artifacts at hand; None where one of those is gone."""
        saved = self._read(cache).get(key)
        if saved is None:
            return None
        for artifact in (saved["outputs"] or {}).get("artifacts", []):
            if "key" not in artifact:
                continue
            target, source = self.artifacts / artifact["key"], Path(saved["artifacts"]) / artifact["key"]
            if target.exists():
                continue
            if not source.exists():
                return None
            target.parent.mkdir(parents=True, exist_ok=True)
            contents.copy(source, target)
        return Entry(saved["outputs"], datetime.fromisoformat(saved["created"]))

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Put an entry under a key of a cache."""
        with self._locked():
            entries = self._read(cache)
            entries[key] = {
                "node": node,
                "created": entry.created.isoformat(),
                "outputs": entry.outputs,
                "artifacts": str(self.artifacts),
            }
            new = self.folder / f".{cache}.new"
            new.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            os.replace(new, self.folder / f"{cache}.json")

    def _read(self, cache: str) -> dict[str, Any]:
        file = self.folder / f"{cache}.json"
        entries: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return entries

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other runs from writing a cache meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
