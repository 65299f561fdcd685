"""Volumes that outlive a pod: the claims of a run, those that are there, and folders of a cluster's node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dac.run.argo.location import host_folder
from dac.run.argo.node import JSON
from dac.run.local.pod_fields import PodError
from dac.run.local.sandbox import contained


@dataclass(frozen=True, slots=True)
class Claims:
    """Where volume claims lie.

    Attributes:
        run: of those that the run makes, which outlive a pod.
        kept: of those that are there, by name: any run with the state folder finds them.
    """

    run: Path
    kept: Path

    def of(self, volume: JSON) -> Path | None:
        """Return the folder of a volume that outlives its pod; None for any other.

        Raises:
            PodError: It is a path of a node that is not a folder, or not there where it has to be.
        """
        if "claim" in volume:
            return self.run / str(volume["name"])
        if existing := volume.get("persistentVolumeClaim"):
            return self.kept / str(existing["claimName"])
        return self._of_host(volume) if "hostPath" in volume else None

    def _of_host(self, volume: JSON) -> Path:
        path, root = host_folder(volume), self.kept.parent / "host"
        folder = root / path.lstrip("/")
        if not path or not contained(folder, root):  # the latter by a link that an earlier step left
            raise PodError(f"cannot be run here: hostPath {volume['hostPath'].get('path')!r} is not a folder")
        if volume["hostPath"].get("type") == "Directory" and not folder.is_dir():
            reason = f"hostPath type check failed: {path} is not a directory"
            raise PodError(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {reason}')
        return folder
