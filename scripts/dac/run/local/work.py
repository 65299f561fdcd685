"""What a node does here: a pod's processes, a request, a listing, or a dry run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dac.run.argo.node import Node
from dac.run.argo.pods import PodRequest
from dac.run.argo.state import RunState
from dac.run.local.bindings import Bindings
from dac.run.local.claims import Claims
from dac.run.local.dry_run import DryRun
from dac.run.local.http_request import HttpRequest
from dac.run.local.images import Images
from dac.run.local.listing import Listing
from dac.run.local.pod import build
from dac.run.local.process import Running
from dac.run.local.store import Store

Work = Running | HttpRequest | Listing | DryRun


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run has around it.

    Attributes:
        folder: of the run, in the state folder.
        store: what artifacts are kept in.
        pod_limit: how many pods run at once.
        bindings: the ConfigMaps and Secrets.
        images: where each image's commands run.
        report: called with the nodes that changed, after each reconciliation.
    """

    folder: Path
    store: Store
    bindings: Bindings
    images: Images
    pod_limit: int
    report: Callable[[list[Node]], None]


def work_of(op: RunState, wanted: PodRequest, around: Surroundings, log: Path) -> Work:
    """Return what the node of a request does; its containers write to `log`.

    Raises:
        PodError, RuntimeError, OSError: The pod cannot be started.
    """
    template = wanted.template
    if "http" in template:
        return HttpRequest(wanted.node, template["http"], around.bindings, op.expressions)
    if "data" in template:
        return Listing(wanted.node, template["data"], around.store, op.expressions)
    folder = around.folder / "pods" / wanted.node
    if "resource" in template:
        file = around.folder / "resources" / f"{log.stem}.yaml"
        return DryRun(op, wanted, folder, around.store, file, log)
    claims = Claims(around.folder / "claims", around.store.claims)
    pod = build(op, wanted, folder, claims, around.bindings, around.images)
    return Running(pod, around.store, log, wanted.seconds, around.images.roots)
