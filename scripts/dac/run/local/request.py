"""Starts a run: its name, its folder, its locks."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dac.run.argo.arguments import process
from dac.run.argo.controller import Controller, utc_now
from dac.run.argo.execution import execute
from dac.run.argo.node import Node
from dac.run.argo.state import Identity, PodRequest, RunState
from dac.run.argo.workflow import Source
from dac.run.local.bindings import Bindings
from dac.run.local.images import Images
from dac.run.local.locks import FileLocks
from dac.run.local.pod import Container, build
from dac.run.local.record import Record
from dac.run.local.runner import Runner, Surroundings, places


@dataclass(frozen=True, slots=True)
class Request:
    """How to run a workflow.

    Attributes:
        state: the state folder; the run's own is runs/<name> in it.
        namespace: where it would run; empty for the manifest's.
        name: of the run; empty for one made of the manifest's name and the time.
        watch: called with the run's operation at the start, and with the nodes that changed at each look.
    """

    state: Path
    bindings: Bindings
    images: Images
    namespace: str = ""
    name: str = ""
    watch: Callable[[RunState, list[Node]], None] = lambda _operation, _nodes: None


def run(source: Source, request: Request) -> tuple[RunState, Path]:
    """Runs a workflow to its end; what came of it, and the folder that holds its record."""
    operation = _operation(source, request)
    folder = request.state / "runs" / operation.identity.name
    record = Record(folder)
    around = Surroundings(
        folder, request.bindings, request.images, places(), lambda nodes: request.watch(operation, nodes)
    )
    try:
        asyncio.run(_whole(operation, around, record))
        record.result(operation)
    finally:
        record.close()
    return operation, folder


def container(source: Source, request: Request, template: str, folder: Path) -> Container:
    """The main container of one of a workflow's templates as `run` would start it: command, environment, folder.

    For a command that does beside a run what one of its steps does, such as a search with the model of an index.

    Args:
        template: a container template without inputs.
        folder: of the pod's files.

    Raises:
        KeyError: there is no such template.
        pod.PodError, arguments.ArgumentError, tags.TagError: it cannot be worked out.
        RuntimeError: its image's environment cannot be installed.
    """
    operation = _operation(source, request)
    Controller(operation).begin()
    found = operation.base.templates[template]
    processed = process(operation.tags, found, {}, operation.globals, {"pod.name": template}, operation.configmaps)
    node = operation.add(template, "Pod", {"template": template}, "", "Pending")
    wanted = PodRequest(node.id, processed, False, None, False)
    return build(operation, wanted, folder, folder / "claims", request.bindings, request.images).main


def _operation(source: Source, request: Request) -> RunState:
    now = utc_now()
    name = request.name or run_name(source.name, now)
    namespace = request.namespace or source.namespace
    created = now.replace(microsecond=0)
    identity = Identity(name, namespace, str(uuid.uuid4()), created, dict(source.labels), dict(source.annotations))
    bindings = request.bindings

    def limit(where: str, configmap: str, key: str) -> str | None:
        return bindings.configmap(configmap, key, where)

    locks = FileLocks(request.state / "locks", limit)
    return RunState(identity, source.spec, source.library, locks, bindings.configmap, utc_now, execute)


async def _whole(operation: RunState, around: Surroundings, record: Record) -> None:
    await Runner(Controller(operation), around, record).run()


def run_name(base: str, now: datetime) -> str:
    """`<pipeline>-<time>-<four letters>`, within the 63 characters of a label."""
    tail = f"-{now.strftime('%Y%m%d%H%M%S')}-{secrets.token_hex(2)}"
    return base[: 63 - len(tail)].rstrip("-") + tail
