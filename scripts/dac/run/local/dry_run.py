"""A resource template as a dry run: what it would send to a cluster is written into the run's folder, and not sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from dac.run.argo.node import JSON
from dac.run.argo.pods import PodRequest, PodResult
from dac.run.argo.resource import Plan, ResourceError, plan
from dac.run.argo.state import RunState
from dac.run.local import artifacts, contents
from dac.run.local.pod import Container, Pod
from dac.run.local.sandbox import PathMap
from dac.run.local.store import Store


class DryRun:
    """The dry run of one node under way.

    Args:
        op: the run.
        wanted: what was asked for.
        folder: for the node's files, as a pod has one.
        store: what artifacts are kept in.
        file: what would be sent is written to.
        log: what happened is written to.
    """

    def __init__(self, op: RunState, wanted: PodRequest, folder: Path, store: Store, file: Path, log: Path) -> None:
        self.op, self.wanted, self.folder, self.store, self.file, self.log = op, wanted, folder, store, file, log
        self.stopped = ""

    async def run(self) -> PodResult:
        """Work out what it would send, and write it."""
        node = self.wanted.node
        try:
            planned = await asyncio.to_thread(self._planned)
        except (ResourceError, artifacts.ArtifactError, OSError) as error:
            return PodResult(node, "Failed", f"main: Error (exit code 64): {error}", {"exitCode": "64"})
        outputs: JSON = {"exitCode": "0"}
        if planned.outputs:
            outputs["parameters"] = planned.outputs
        return PodResult(node, "Succeeded", "", outputs, dry_run=planned.summary)

    async def end(self, reason: str) -> None:
        """Note why the run has no use for it; it takes no time."""
        self.stopped = reason

    def _planned(self) -> Plan:
        template, identity = self.wanted.template, self.op.identity
        owner: JSON = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "controller": True}
        owner |= {"name": identity.name, "uid": identity.uid, "blockOwnerDeletion": True}
        planned = plan(template, self._manifest(template), owner, self.op.answers)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_name(f".{self.file.name}.new")
        beside.write_text(planned.text, encoding="utf-8")
        os.replace(beside, self.file)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text(f"not sent: {planned.summary}\nwritten to {self.file}\n", encoding="utf-8")
        return planned

    def _manifest(self, template: JSON) -> str:
        """Return the manifest, once the input artifacts are there: it may be one of them."""
        listed = template.get("inputs", {}).get("artifacts", [])
        paths = PathMap(self.folder / "main", {}, [artifact["path"] for artifact in listed])
        main = Container("main", [], {}, self.folder, paths, None, {})
        artifacts.load(Pod(self.wanted.node, self.folder, template, main, [], [], False, False), self.store)
        origin = template["resource"].get("manifestFrom")
        if origin is None:
            return str(template["resource"].get("manifest", ""))
        path = next(artifact["path"] for artifact in listed if artifact["name"] == origin["artifact"]["name"])
        return contents.read(paths.inside(path)).decode("utf-8", "replace")
