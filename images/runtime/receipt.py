"""receipt.json: what went into a run, what came out, what was decided; and each step's part of it.

A step leaves <run>/steps/<step>.json, or the last lines of its log where it failed; `finish` gathers them into
<project>/<pipeline>/receipts/<run name>.json. Schemas: contracts/step, contracts/tail and contracts/receipt.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from runtime import catalog, contract, log, objects, settings
from runtime import failures as engine
from runtime.errors import InputError, TryAgain
from runtime.settings import Run

STAMP = "%Y-%m-%dT%H:%M:%SZ"  # of every time in a receipt, in UTC


def now() -> str:
    """Return the time in UTC, to the second."""
    return stamp(time.time())


def stamp(seconds: float) -> str:
    """Return a time in UTC, to the second, of seconds since the epoch."""
    return time.strftime(STAMP, time.gmtime(seconds))


@dataclass
class Part:
    """What a step says of itself, filled in while it runs: counts, digests, a verdict, cost."""

    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def part(run: Run, step: str) -> Iterator[Part]:
    """Write the step's part when the step ends well; a step that is started again writes it anew."""
    began, filled = time.time(), Part()
    yield filled
    write_part(run, step, filled.facts, began)


def write_part(run: Run, step: str, facts: Mapping[str, Any], began: float) -> None:
    """Write a step's part of the receipt.

    Args:
        run: the run.
        step: the step's name, with its shard where it has one (`embed-3`).
        facts: what the step decided and counted.
        began: when it started, in seconds since the epoch.
    """
    seconds = max(0.0, round(time.time() - began, 3))
    value = {"step": step, "began": round(began, 3), "seconds": seconds, "facts": dict(facts)}
    contract.write("step", f"{run.root}/steps/{step}.json", value)
    objects.remove(f"{run.root}/steps/{step}.tail.json")  # of an earlier try


def read_part(run: Run, step: str) -> dict[str, Any] | None:
    """Return a step's part, or None where the step has not finished."""
    address = f"{run.root}/steps/{step}.json"
    return contract.read("step", address) if objects.exists(address) else None


def facts(run: Run, step: str) -> dict[str, Any]:
    """Return what an earlier step decided and counted.

    Raises:
        InputError: the step has not finished in this run.
    """
    part = read_part(run, step)
    if part is None:
        raise InputError(f"{run.root}/steps/{step}.json: no such object; step {step} runs before this one")
    return dict(part["facts"])


def parts(run: Run) -> dict[str, dict[str, Any]]:
    """Return every step's part by the step's name, in the order in which they began."""
    addresses = objects.listing(f"{run.root}/steps", ".json")
    values = [contract.read("step", address) for address in addresses if not address.endswith(".tail.json")]
    return {value["step"]: value for value in sorted(values, key=lambda value: value["began"])}


def leave_tail(step: str, code: int) -> None:
    """Leave the last lines of a failed step for `finish`; do nothing where even that cannot be written."""
    try:
        run = settings.run()
        value = {"version": contract.version("tail"), "step": step, "exit_code": code, "lines": list(log.LAST)}
        contract.check("tail", value, step)
        objects.write_json(f"{run.root}/steps/{step}.tail.json", value)
    except (InputError, TryAgain, OSError):
        return  # the failure itself is on stderr; a second one about its log would only hide it


def failures(run: Run) -> list[dict[str, Any]]:
    """Return what failed: the engine's nodes (FAILURES), and the last lines that the steps themselves left."""
    return [*engine.listed(), *tails(run)]


def tails(run: Run) -> list[dict[str, Any]]:
    """Return the last lines of the steps whose last try failed, those among them that had left their part by then."""
    listed = [contract.read("tail", address) for address in objects.listing(f"{run.root}/steps", ".tail.json")]
    return [{"step": t["step"], "exit_code": t["exit_code"], "lines": t["lines"]} for t in listed]


def reason(failures: list[dict[str, Any]]) -> str:
    """Return one line that says why a run failed: the step's own last message, or the engine's."""
    for failure in reversed(failures):
        messages = [orjson.loads(line).get("message", "") for line in failure.get("lines", []) if line.startswith("{")]
        text = next((message for message in reversed(messages) if message), failure.get("message", ""))
        if text:
            return f"{failure['step']}: {text}"
    return ""


def outcome(run: Run, status: str, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what every receipt says of how the run went.

    Args:
        run: the run.
        status: the workflow's: Succeeded, Failed or Error.
        parts: what the steps left, as `parts` returns it.

    Returns:
        status, failures, the seconds since the first step began, and when each step began and how long it took.
    """
    now = time.time()
    began = min((part["began"] for part in parts.values()), default=now)
    return {
        "status": status,
        "failures": failures(run),
        "seconds": max(0.0, round(now - began, 3)),
        "steps": {step: {"began": stamp(p["began"]), "seconds": p["seconds"]} for step, p in parts.items()},
    }


def arguments() -> dict[str, str]:
    """Return the arguments in effect: the engine's own list of them (ARGUMENTS).

    Names of the catalog, addresses and numbers, within the patterns of standard.yaml: none is a credential.

    Raises:
        InputError: ARGUMENTS is not a list of names and values.
    """
    try:
        listed = orjson.loads(os.environ.get("ARGUMENTS", "") or "[]") or []  # Argo writes null where there is none
        return {str(argument["name"]): str(argument["value"]) for argument in listed}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"environment: ARGUMENTS is not a list of names and values: {error!r}") from error


def predicted() -> dict[str, Any]:
    """Return what whoever started the run expected it to take, as the receipt holds it; nothing where nobody did."""
    text = arguments().get("predicted", "")
    try:
        bounds = {name: span.split("..") for name, span in (entry.split("=") for entry in text.split(",") if entry)}
        amounts = {n: {"least": float(a), "most": float(b) if b else None} for n, (a, b) in bounds.items()}
    except ValueError:  # no reason to leave no receipt: the argument itself stands in it
        log.warning("predicted_unreadable", f"the argument predicted is {text!r}, which is not name=least..most,...")
        return {}
    return {"predicted": amounts} if amounts else {}


def address(run: Run) -> str:
    """Return where the run's receipt lies."""
    return f"{run.home}/receipts/{run.run_name}.json"


def write(run: Run, value: Mapping[str, Any]) -> str:
    """Write the run's receipt and return its address.

    Args:
        run: the run; its names and hashes are filled in.
        value: its `outcome`, inputs, counts, verdicts, cost, and the standard's own `results`.
    """
    whole = {
        "version": contract.version("receipt"),
        "project": run.project,
        "pipeline": run.pipeline,
        "standard": run.standard,
        "run": run.run_name,
        "run_id": run.run_id,
        "commit": run.commit,
        "content": run.content,
        "template_content": run.template_content,
        "size": run.size,
        **({"arguments": arguments(), **predicted()} if "ARGUMENTS" in os.environ else {}),
        **({"facts": catalog.held(run)} if "FACTS" in os.environ else {}),
        "images": {str(name): str(image) for name, image in settings.facts("IMAGES").items()},
        "finished": now(),
        **value,
    }
    contract.check("receipt", whole, address(run))
    _keep_namesake(run)
    # Not sorted: the steps stand in the order in which they began.
    objects.write(address(run), orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return address(run)


def _keep_namesake(run: Run) -> None:
    """Move a receipt aside that another run of this name left: once a run is deleted, anyone may reuse its name."""
    if not objects.exists(address(run)):
        return
    older = objects.read_json(address(run))
    other = str(older.get("run_id", "")) if isinstance(older, dict) else ""
    if other == run.run_id:
        return
    apart = f"{run.home}/receipts/{run.run_name}.{other or 'unknown'}.json"
    objects.copy(address(run), apart)
    message = f"an older run was called {run.run_name} too; its receipt is kept as {apart}"
    log.warning("receipt_kept", message, address=apart)


def read(run: Run) -> dict[str, Any]:
    """Return the run's receipt.

    Raises:
        InputError: there is none, or it is not a receipt.
    """
    return contract.read("receipt", address(run))


def read_all(run: Run, newest: int | None = None) -> list[dict[str, Any]]:
    """Return the receipts of the pipeline, by address; of version 1 too, of which run_id and finished are read.

    Args:
        run: of the pipeline.
        newest: how many at most, those that were written last, in that order; None reads every one.
    """
    folder = f"{run.home}/receipts"
    if newest is None:
        return [objects.read_json(address) for address in objects.listing(folder, ".json")]
    # Not by their names: that of a run which a person starts in a cluster ends at random.
    written = sorted(objects.entries(folder), key=lambda entry: entry.modified)
    addresses = [entry.address for entry in written if entry.name.endswith(".json")]
    return [objects.read_json(address) for address in addresses[-newest:]]
