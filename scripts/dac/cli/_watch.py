"""A run as it goes: a live tree on a terminal, a line a change elsewhere; the failed steps' last lines at its end."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from dac.cli._printer import say
from dac.cli._progress import StepProgress, events
from dac.model.printing import log_lines, printable
from dac.model.words import plural
from dac.run.argo.node import Node
from dac.run.argo.state import RunState

_MARKS = {"Succeeded": ("+", "green"), "Failed": ("x", "red"), "Error": ("!", "red"), "Running": (">", "cyan"),
          "Pending": (".", "white"), "Skipped": ("-", "white"), "Omitted": ("-", "white")}  # fmt: skip
_QUIET = ("StepGroup", "TaskGroup")
_SHOWN = 30  # nodes of the live tree: of a large fan-out what is under way and what failed comes first
_INTERVAL = 1.0  # seconds between two looks at the logs of running steps
_TAIL = 20  # lines of a failed step's log


class Watch:
    """Follows one run on stderr.

    Args:
        runs: the folder of the state folder's runs, each with its steps' logs.
    """

    def __init__(self, runs: Path) -> None:
        self.live: Any = None
        self._runs = runs
        self._run: tuple[RunState, StepProgress] | None = None
        self._noted = ""
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self.live = Live(console=Console(stderr=True), refresh_per_second=4, transient=False)

    def __enter__(self) -> Watch:
        if self.live:
            self.live.__enter__()
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()
        if self.live:
            self.live.__exit__(kind, error, trace)

    def changed(self, op: RunState, nodes: list[Node]) -> None:
        """Show what changed."""
        if self._run is None:
            self._run = op, StepProgress(self._runs / op.identity.name)
        if self.live:
            self.live.update(_tree(op, self._run[1]))
            return
        for node in nodes:
            if node.type not in _QUIET and node.phase != "Pending" and not _is_first_try(node):
                say(_line(op, node), err=True)
        if op.note != self._noted:
            self._noted = op.note
            if op.note:
                say(op.note, err=True, colour="yellow")

    def _tick(self) -> None:
        """Show how far running steps are, while nothing else changes."""
        while not self._over.wait(_INTERVAL):
            if self._run is None:
                continue
            op, progress = self._run
            if self.live:
                self.live.update(_tree(op, progress))
                continue
            for node in op.nodes:
                if message := progress.due(node):
                    say(_line(op, node, message), err=True)

    def end(self, op: RunState, folder: Path) -> None:
        """Say how the run ended: the last lines of the steps that failed, and what steps summed up."""
        from dac.run.local.record import log_path

        for node in op.nodes:
            if op.phase == "Succeeded" or node.type != "Pod" or not node.unsuccessful:
                continue
            log = log_path(folder, node.name)
            lines = log_lines(log.read_text("utf-8", "replace"))[-_TAIL:] if log.is_file() else []
            say(f"{node.name}: {node.phase}: {node.message}", err=True, colour="red")
            for line in lines:
                say(f"  {line}", err=True)
            say(f"  (whole log: {log})", err=True)
        for node in op.nodes:
            for message in events(log_path(folder, node.name), "summary") if node.type == "Pod" else ():
                say(message, err=True)
        _say_dry_runs(op, folder)
        started, finished = op.started, op.finished
        took = f" in {(finished - started).total_seconds():.0f}s" if started and finished else ""
        message = f": {op.message}" if op.message else ""
        say(f"{op.identity.name}: {op.phase}{took}{message}", err=True)


def _say_dry_runs(op: RunState, folder: Path) -> None:
    """Count and name the steps that would have asked a cluster for something."""
    dry = [node for node in op.nodes if node.dry_run]
    if dry:
        what = f"{plural(len(dry), 'step')} asked no cluster, by --dry-run-resources; see {folder / 'resources'}"
        say(what, err=True, colour="yellow")
    for node in dry:
        say(f"  {node.name}: {node.dry_run}", err=True)


def _is_first_try(node: Node) -> bool:
    """Whether a node is a first try that goes well: it says no more than the node that would have tried again."""
    return node.retried and node.name.endswith("(0)") and not node.unsuccessful


def _line(op: RunState, node: Node, progress: str = "") -> str:
    start = op.started or node.started
    at = (datetime.now(UTC) - start).total_seconds()
    message = "  ".join(text for text in (node.message, _dry(node), _summary(node), progress) if text)
    name = node.name.removeprefix(op.identity.name).removeprefix(".") or node.name
    mark = _MARKS.get(node.phase, ("?", ""))[0]
    return f"{at:8.1f}s {mark} {node.phase:<9} {name}{f'  {message}' if message else ''}"


def _dry(node: Node) -> str:
    return f"dry run: {node.dry_run}" if node.dry_run else ""


def _summary(node: Node) -> str:
    """Return what a step reports to people, read from the flat JSON of its output parameter `summary`."""
    if node.phase != "Succeeded":
        return ""
    texts = [p.get("value", "") for p in (node.outputs or {}).get("parameters", []) if p.get("name") == "summary"]
    try:
        facts = json.loads(texts[0]) if texts else {}
    except ValueError:
        return ""
    return ", ".join(f"{name} {value}" for name, value in facts.items()) if isinstance(facts, dict) else ""


def _tree(op: RunState, progress: StepProgress) -> Any:
    from rich.text import Text

    text = Text()
    text.append(f"{op.identity.name}  {op.phase or 'Pending'}  {op.message}\n", style="bold")
    text.append(f"{printable(op.note)}\n" if op.note else "", style="yellow")
    nodes = [node for node in op.nodes if node.type not in _QUIET and not _is_first_try(node)]
    shown = nodes
    if len(nodes) > _SHOWN:
        urgent = [node for node in nodes if node.phase in ("Running", "Failed", "Error")]
        rest = [node for node in nodes if node not in urgent]
        chosen = {node.id for node in (urgent + rest[-_SHOWN:])[:_SHOWN]}
        shown = [node for node in nodes if node.id in chosen]
    for node in shown:
        mark, colour = _MARKS.get(node.phase, ("?", "white"))
        depth = node.name.count(".") + 1
        end = node.finished or datetime.now(UTC)
        text.append("  " * depth + f"{mark} ", style=colour)
        text.append(printable(node.display.removesuffix("\n")))
        text.append(f"  {max(0.0, (end - node.started).total_seconds()):.0f}s", style="dim")
        message = "  ".join(part for part in (node.message, _dry(node), _summary(node), progress.of(node)) if part)
        text.append(f"  {printable(message)}\n" if message else "\n", style="dim")
    if len(shown) < len(nodes):
        done = sum(node.settled for node in nodes)
        text.append(f"  {done} of {len(nodes)} done\n", style="dim")
    return text
