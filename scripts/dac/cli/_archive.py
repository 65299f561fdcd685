"""What runs left in the object store: logs of pods that are gone, as Argo archived them, and receipts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dac.cli._arguments import Misuse
from dac.cli._image_program import place_of
from dac.cli._pipeline import last_event
from dac.load import TreePipeline
from dac.load.standards import load_catalog
from dac.model import Catalog
from dac.model.printing import log_lines
from dac.model.receipt import NotAReceipt, parse_receipt
from dac.model.run_record import UNKNOWN, RunRecord, of_receipt

_IMAGE = "rag"  # its environment has the object store's client, which the tool itself does without
_LOG = "main.log"
_SECONDS = 60


class ObjectStore:
    """An object store, read with the credentials of whoever asks.

    Args:
        root: the tree.
        catalog: its catalog, which names the image.
        objects: the store's address.
    """

    def __init__(self, root: Path, catalog: Catalog | None, objects: str) -> None:
        from dac import run as runner

        self._objects, self._catalog = objects, catalog
        self._images = runner.Images(catalog, root, False)

    def asked(self, words: list[str]) -> str:
        """Return what `runtime.cat` prints.

        Raises:
            Misuse: it fails; the message says what cannot be read, and why.
        """
        place = place_of(self._images, self._catalog, _IMAGE)
        # A person's own profile: the SDK finds it in the environment and at home.
        environment = {**os.environ, **place.environment, "OBJECTS": self._objects, "STEP": "logs"}
        try:
            done = subprocess.run(
                place.program("runtime.cat", *words),
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


class Archive:
    """Argo's artifact repository."""

    def __init__(self, root: Path) -> None:
        catalog, _ = load_catalog(root)
        facts = catalog.kinds["platform"]["artifacts"] if catalog else {}
        scheme = "http" if facts.get("insecure") else "https"
        self.bucket = f"s3://{facts.get('bucket', '')}"
        self._store = ObjectStore(root, catalog, f"{scheme}://{facts.get('endpoint', '')}")

    def log(self, key: str) -> tuple[str, ...]:
        """Return the lines of an archived log.

        Raises:
            Misuse: it cannot be read; the message says where it lies and why not.
        """
        return log_lines(self._store.asked([f"{self.bucket}/{key}"]))

    def logs(self, project: str, run: str) -> list[tuple[str, str]]:
        """Return each archived log of a run whose object is gone: its pod's name, and its key.

        Raises:
            Misuse: the store cannot be asked.
        """
        prefix = f"{self.bucket}/{project}/{run}"
        addresses = log_lines(self._store.asked(["--list", prefix]))
        keys = [address.removeprefix(f"{self.bucket}/") for address in addresses if address.endswith(f"/{_LOG}")]
        return [(key.split("/")[-2], key) for key in keys]


class Receipts:
    """The receipts in the artifact store, which outlive the Workflows.

    Args:
        root: the tree, whose catalog says where the store is.
    """

    def __init__(self, root: Path) -> None:
        catalog, _ = load_catalog(root)
        endpoints = catalog.kinds.get("endpoints", {}) if catalog else {}
        self._root = str(endpoints.get("artifacts", {}).get("address", "")).rstrip("/")
        self._store = ObjectStore(root, catalog, str(endpoints.get("objects", {}).get("address", "")))

    def runs(self, pipelines: Sequence[TreePipeline], limit: int) -> dict[tuple[str, str], list[RunRecord]]:
        """Return the newest runs of pipelines by their receipts, by project and pipeline.

        Raises:
            Misuse: the store cannot be asked.
        """
        prefixes = {f"{self._root}/{p.project}/{p.workflow}/receipts": (p.project, p.workflow) for p in pipelines}
        runs: dict[tuple[str, str], list[RunRecord]] = {key: [] for key in prefixes.values()}
        for line in log_lines(self._store.asked(["--newest", str(limit), *prefixes])) if prefixes else ():
            held = json.loads(line)
            folder, _, file = held["address"].rpartition("/")
            project, pipeline = prefixes[folder]
            record = RunRecord(project, pipeline, file.removesuffix(".json"), UNKNOWN)
            try:
                runs[project, pipeline].append(of_receipt(record, parse_receipt(held["text"].encode())))
            except NotAReceipt as error:
                runs[project, pipeline].append(replace(record, problems=(f"receipt {file}: {error}",)))
        return runs
