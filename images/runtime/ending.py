"""How every run ends, in one order: people are told first, then the receipt, then what the standard cleans up.

The message does not need the object store: what it says of steps' logs and of what is served is asked of it, and left
out where it does not answer. A message that nobody took fails the step when all else is done: it is tried again.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from runtime import failures, log, notify, objects, receipt, waiting
from runtime.errors import TryAgain
from runtime.settings import Run

Served = Mapping[str, str | None]
_MARKER = "told.json"  # in the run's own folder: its failure was reported
_REPORTED = 3  # failures that the engine's copy of the receipt holds
_LINES = 5  # of each
_PATIENCE = 20.0  # seconds that the store may take for one answer before the message goes out without it


def status() -> str:
    """Return how the run went, in the engine's word; a run of which nothing is known did not go well."""
    return os.environ.get("STATUS", "") or "Error"


def tell(run: Run, served: Callable[[], Served | None]) -> bool:
    """Tell people where the run failed, once; return False where somebody should hear of it and nobody took it.

    Args:
        run: the run.
        served: asks the store what readers have; may raise.
    """
    if status() == "Succeeded":
        return True
    store = _Store()
    if store.asked(lambda: objects.exists(f"{run.root}/{_MARKER}")):
        return True
    delivered = notify.failed(_failure(run, store.asked(served), store.asked(lambda: receipt.tails(run)) or []))
    if delivered:
        store.asked(lambda: objects.write_json(f"{run.root}/{_MARKER}", {"version": 1}))
    return delivered


def report(run: Run, value: Mapping[str, Any], served: Served | None) -> str:
    """Write the receipt, and the part of it that the engine keeps (REPORT); return the receipt's address.

    Beside that part stand three figures that the engine counts in its metrics: `exit_code`, `dollars`, `gpu_hours`.
    """
    whole = {**value, "served": served}
    address = receipt.write(run, whole)
    if path := os.environ.get("REPORT", ""):
        failed = [{**f, "lines": list(f.get("lines", []))[-_LINES:]} for f in value["failures"][-_REPORTED:]]
        names = {"version": 2, "project": run.project, "pipeline": run.pipeline, "run": run.run_name}
        short = {**names, "status": value["status"], "finished": receipt.now(), "failures": failed, "served": served}
        short |= {"verdicts": value["verdicts"], "cost": value["cost"], "template_content": run.template_content}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(orjson.dumps(short))
        for name, figure in _figures(value).items():
            (Path(path).parent / name).write_text(figure)
    return address


def _figures(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what metrics count of a receipt: the exit code that ended the run, and what it spent."""
    codes = [failure.get("exit_code", _code(failure.get("message", ""))) for failure in value["failures"]]
    first = next((str(code) for code in codes if code is not None), "unknown")
    code = "0" if value["status"] == "Succeeded" else first
    spent = {"dollars": value["cost"].get("actual"), "gpu_hours": value["cost"].get("gpu_hours")}
    return {"exit_code": code} | {name: f"{figure or 0:g}" for name, figure in spent.items()}


def check_delivered(delivered: bool) -> None:
    """End the step where nobody took the message that the run failed.

    Raises:
        TryAgain: so that the template tries again; the last try fails, which Prometheus sees.
    """
    if not delivered:
        raise TryAgain("nobody could be told that the run failed; the lines before this one say who refused")


def _failure(run: Run, served: Served | None, tails: Sequence[Mapping[str, Any]]) -> notify.Failure:
    nodes = failures.listed()
    tails = [tail for tail in tails if tail["step"] != os.environ.get("STEP")]  # an earlier try of this very step
    tail = tails[0] if tails else None
    leaves = [node for node in nodes if node["message"] and not node["message"].startswith(("child '", "No more"))]
    first = next(iter(leaves or nodes), {"step": "", "message": f"the engine says {status()} and names no step"})
    reason = receipt.reason([dict(tail)] if tail else [first])
    step = str(tail["step"]) if tail else first["step"]
    since = f" since {served['since']}" if served and served.get("since") else ""
    return notify.Failure(
        run,
        status(),
        step,
        int(tail["exit_code"]) if tail else _code(first["message"]),
        reason.removeprefix(f"{step}: ") or first["message"],
        [_readable(line) for line in list(tail["lines"])[-_LINES:]] if tail else [],
        failures.count(),
        [str(other["step"]) for other in [*tails[1:], *nodes] if other["step"] != step],
        f"{served['what']}{since}" if served else "",
    )


def _readable(line: str) -> str:
    """Return a line of a step's log for people: of the JSON that `runtime.log` writes, its level and its message."""
    try:
        event = orjson.loads(line)
        return f"{event.get('level', 'info')}: {event.get('message') or event['event']}"
    except (orjson.JSONDecodeError, AttributeError, KeyError):
        return line


def _code(message: str) -> int | None:
    """Return the exit code that the engine's word on a node names: `Error (exit code 75)`."""
    match = re.search(r"\(exit code (\d{1,3})\)", message)
    return int(match[1]) if match else None


class _Store:
    """The object store, which is asked for a while, and not again once it did not answer."""

    def __init__(self) -> None:
        self._answers = True

    def asked(self, ask: Callable[[], Any]) -> Any:
        """Return what the store answers; None, with a line in the log, where it does not."""
        if not self._answers:
            return None
        try:  # a store that hangs must not keep the message back
            return waiting.within(_PATIENCE, ask)
        except Exception as error:
            self._answers = False
            log.warning("not_asked", f"the message leaves out what the object store would say: {error}")
            return None
