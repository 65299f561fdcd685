"""The contract of a step's part of the receipt, steps/<step>.json, and of the receipt that `finish` makes of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import contract
import storage
from settings import Run

VERSION = 1


@dataclass
class Part:
    """What a step tells of itself: counts, digests, a verdict, cost, tokens; filled in while it runs."""

    facts: dict[str, Any] = field(default_factory=dict)


def now() -> str:
    """Returns the time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@contextmanager
def part(run: Run, step: str) -> Iterator[Part]:
    """Writes the step's part when the step ends well; a step that is started again writes it anew."""
    started, clock = now(), time.monotonic()
    facts = Part()
    yield facts
    value = {
        "version": VERSION,
        "step": step,
        "started": started,
        "seconds": round(time.monotonic() - clock, 3),
        "facts": facts.facts,
    }
    address = f"{run.root}/steps/{step}.json"
    contract.check("step", value, address)
    storage.write_json(address, value)


def parts(run: Run) -> dict[str, dict[str, Any]]:
    """Returns every step's part by the step's name."""
    found: dict[str, dict[str, Any]] = {}
    for address in storage.listing(f"{run.root}/steps", ".json"):
        value = storage.read_json(address)
        contract.check("step", value, address)
        found[value["step"]] = value
    return found


def address(run: Run) -> str:
    """Returns where the run's receipt lies."""
    return f"{run.home}/receipts/{run.run_name}.json"


def write(run: Run, value: dict[str, Any]) -> None:
    """Writes the receipt."""
    value = {"version": VERSION, **value}
    contract.check("receipt", value, address(run))
    storage.write_json(address(run), value)
