"""Starts a run: its name, its folder, its locks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dac.run.argo.answers import Answers
from dac.run.argo.arguments import process
from dac.run.argo.controller import Controller, utc_now
from dac.run.argo.execution import execute
from dac.run.argo.node import Node
from dac.run.argo.pods import PodRequest
from dac.run.argo.state import Identity, RunState
from dac.run.argo.workflow import Source
from dac.run.local.bindings import Bindings
from dac.run.local.claims import Claims
from dac.run.local.images import Images
from dac.run.local.locks import FileLocks
from dac.run.local.memory import FileMemory
from dac.run.local.pod import Container, build
from dac.run.local.record import Record
from dac.run.local.runner import Runner, pod_limit
from dac.run.local.spread import spread
from dac.run.local.store import Store
from dac.run.local.work import Surroundings

_CALLS = 5000


@dataclass(frozen=True, slots=True)
class Request:
    """How to run a workflow.

    Attributes:
        state: the state folder; the run's own is runs/<name> in it.
        namespace: where it would run; empty for the manifest's.
        answers: what people give the templates that wait for them.
        name: of the run; empty for one made of the manifest's name and the time.
        watch: called with the run's state and the nodes that changed, at each reconciliation.
    """

    state: Path
    bindings: Bindings
    images: Images
    namespace: str = ""
    name: str = ""
    answers: Answers = field(default_factory=Answers)
    watch: Callable[[RunState, list[Node]], None] = lambda _op, _nodes: None


def run(source: Source, request: Request) -> tuple[RunState, Path]:
    """Run a workflow to its end; return its state, and the folder that holds its record."""
    op = _new_state(source, request)
    folder = request.state / "runs" / op.identity.name
    record = Record(folder)
    spread(folder / "pods")
    around = Surroundings(
        folder,
        Store(folder / "artifacts", request.state / "objects", request.state / "claims", request.bindings),
        request.bindings,
        request.images,
        pod_limit(),
        lambda nodes: request.watch(op, nodes),
    )
    _watch_by_descriptor()
    # Templates in templates, a hundred deep as Argo lets them be, are a dozen calls each here.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS))
    try:
        asyncio.run(_whole(op, around, record))
        record.result(op)
    finally:
        record.close()
    return op, folder


def _watch_by_descriptor() -> None:
    """Wait for processes by their descriptors, as asyncio does from Python 3.12 on, not by a thread for each."""
    if sys.version_info < (3, 12):
        with contextlib.suppress(OSError, AttributeError):  # a kernel or a Python without them
            os.close(os.pidfd_open(os.getpid()))
            asyncio.set_child_watcher(asyncio.PidfdChildWatcher())


def container(source: Source, request: Request, template: str, folder: Path) -> Container:
    """Return the main container of one of a workflow's templates as `run` would start it: command, environment, folder.

    For a command that does beside a run what one of its steps does, such as a search with the model of an index.

    Args:
        source: the workflow.
        request: how it would be run.
        template: a container template without inputs.
        folder: of the pod's files.

    Raises:
        KeyError: There is no such template.
        PodError, arguments.ArgumentError, tags.TagError: It cannot be worked out.
        RuntimeError: Its image's environment cannot be installed.
    """
    op = _new_state(source, request)
    Controller(op).begin()
    written = op.base.templates[template]
    processed = process(op.tags, written, {}, op.globals, {"pod.name": template}, op.configmaps)
    node = op.add(template, "Pod", {"template": template}, "", "Pending")
    wanted = PodRequest(node.id, processed, False, None, False)
    claims = Claims(folder / "claims", request.state / "claims")
    return build(op, wanted, folder, claims, request.bindings, request.images).main


def _new_state(source: Source, request: Request) -> RunState:
    now = utc_now()
    name = request.name or run_name(source.name, now)
    namespace = request.namespace or source.namespace
    created = now.replace(microsecond=0)
    identity = Identity(name, namespace, str(uuid.uuid4()), created, dict(source.labels), dict(source.annotations))
    bindings = request.bindings

    def limit(where: str, configmap: str, key: str) -> str | None:
        return bindings.configmap(configmap, key, where)

    locks = FileLocks(request.state / "locks", limit)
    memory = FileMemory(request.state / "memory", request.state / "runs" / name / "artifacts")
    return RunState(
        identity,
        source.spec,
        source.library,
        locks,
        bindings.configmap,
        utc_now,
        execute,
        request.answers,
        memory,
    )


async def _whole(op: RunState, around: Surroundings, record: Record) -> None:
    await Runner(Controller(op), around, record).run()


def run_name(base: str, now: datetime) -> str:
    """Return `<pipeline>-<time>-<four letters>`, within the 63 characters of a label."""
    tail = f"-{now.strftime('%Y%m%d%H%M%S')}-{secrets.token_hex(2)}"
    return base[: 63 - len(tail)].rstrip("-") + tail
