"""Where artifacts are kept: those of a run in its folder, those with a key of their own in the state folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dac.run.argo.location import object_key
from dac.run.argo.node import JSON
from dac.run.local import archive, contents
from dac.run.local.bindings import Bindings
from dac.run.local.sandbox import contained

DEFAULT_BUCKET = "default"  # the folder of keys without a bucket: those of the repository that a cluster configures


@dataclass(frozen=True, slots=True)
class Store:
    """The folders that artifacts are kept in.

    Attributes:
        run: of the run's own artifacts, each kept as the file or folder that it was.
        objects: of artifacts with a key, under their bucket; any run finds them, and each is kept as a bucket would.
        claims: of the volume claims that a workflow finds by name.
        bindings: the Secrets that an artifact at an address is fetched with.
    """

    run: Path
    objects: Path
    claims: Path
    bindings: Bindings

    def object(self, artifact: JSON) -> Path | None:
        """Return where an artifact with a key of its own lies; None for any other.

        Raises:
            PermissionError: The key leads out of the folder.
        """
        place = object_key(artifact)
        if place is None:
            return None
        path = self.bucket(place[0]) / place[1]
        if not contained(path, self.objects):
            raise PermissionError(f"its key {place[1]!r} leads out of {self.objects}")
        return path

    def bucket(self, name: str) -> Path:
        """Return the folder of a bucket; an empty name is that of the default one."""
        return self.objects / (name or DEFAULT_BUCKET)

    @staticmethod
    def put(source: Path, target: Path, form: str = "none") -> None:
        """Keep a file or folder as an object: as it is (`none`), or packed as a `tar` or a `zip`.

        Raises:
            OSError: It cannot be written.
        """
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if form == "none":
            contents.copy(source, target)
            return
        contents.refuse_special(source)
        archive.pack(source, target, form)
