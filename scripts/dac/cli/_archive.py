"""Logs of pods that are gone, as Argo archived them in the artifact store."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dac.cli._arguments import Misuse
from dac.cli._pipeline import last_event
from dac.load.standards import load_catalog

_IMAGE = "rag"  # its environment has the object store's client, which the tool itself does without
_LOG = "main.log"
_SECONDS = 60


class Archive:
    """Argo's artifact repository, read with the credentials of whoever asks."""

    def __init__(self, root: Path) -> None:
        from dac import run as runner

        catalog, _ = load_catalog(root)
        facts = catalog.kinds["platform"]["artifacts"] if catalog else {}
        scheme = "http" if facts.get("insecure") else "https"
        self.bucket = f"s3://{facts.get('bucket', '')}"
        self._objects = f"{scheme}://{facts.get('endpoint', '')}"
        self._images = runner.Images(catalog, root, False)
        images = catalog.kinds["images"] if catalog else {}
        self._image = str(images.get(_IMAGE, {}).get("repository", ""))

    def log(self, key: str) -> tuple[str, ...]:
        """Return the lines of an archived log.

        Raises:
            Misuse: it cannot be read; the message says where it lies and why not.
        """
        return tuple(self._asked([f"{self.bucket}/{key}"]).splitlines())

    def logs(self, project: str, run: str) -> list[tuple[str, str]]:
        """Return each archived log of a run whose object is gone: its pod's name, and its key.

        Raises:
            Misuse: the store cannot be asked.
        """
        prefix = f"{self.bucket}/{project}/{run}"
        addresses = self._asked(["--list", prefix]).splitlines()
        keys = [address.removeprefix(f"{self.bucket}/") for address in addresses if address.endswith(f"/{_LOG}")]
        return [(key.split("/")[-2], key) for key in keys]

    def _asked(self, words: list[str]) -> str:
        try:
            place = self._images.place(self._image)
        except RuntimeError as error:
            raise Misuse(str(error)) from error
        # A person's own profile: the SDK finds it in the environment and at home.
        environment = {**os.environ, **place.environment, "OBJECTS": self._objects, "STEP": "logs"}
        command = [f"{place.environment['VIRTUAL_ENV']}/bin/python", "-m", "runtime.cat", *words]
        try:
            done = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
                errors="replace",
            )
        except subprocess.TimeoutExpired as error:
            raise Misuse(f"{self._objects} did not answer within {_SECONDS} s") from error
        if done.returncode:
            raise Misuse(f"{words[-1]} cannot be read at {self._objects}: {last_event(done.stderr)}")
        return done.stdout
