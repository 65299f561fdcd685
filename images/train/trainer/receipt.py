"""The contract of a receipt: what each step leaves under <run>/steps/, and what `finish` gathers of it."""

import os
from collections.abc import Mapping
from typing import Any

import contract
import log
import settings
import storage
from errors import TryAgain, WrongInput

VERSION = 1
STEPS = ("prepare", "tokenize_dataset", "train", "promote", "trigger")


def write_part(run: settings.Run, step: str, facts: Mapping[str, Any], seconds: float) -> None:
    """Writes a step's part of the receipt, `facts` being what it decided and counted."""
    part = {"version": VERSION, "step": step, "seconds": round(seconds, 3), "facts": dict(facts)}
    contract.check("step", part, f"{run.root}/steps/{step}.json")
    storage.write_json(f"{run.root}/steps/{step}.json", part)


def read_part(run: settings.Run, step: str) -> dict[str, Any] | None:
    """Returns a step's part, or None where the step has not finished."""
    address = f"{run.root}/steps/{step}.json"
    if not storage.exists(address):
        return None
    part: dict[str, Any] = storage.read_json(address)
    contract.check("step", part, address)
    return part


def facts(run: settings.Run, step: str) -> dict[str, Any]:
    """Returns what a step that must have finished decided and counted.

    Raises:
        WrongInput: it has left nothing.
    """
    part = read_part(run, step)
    if part is None:
        raise WrongInput(f"{run.root}/steps/{step}.json: no such object; step {step} runs before this one")
    found: dict[str, Any] = part["facts"]
    return found


def leave_tail(step: str, code: int) -> None:
    """Leaves the last lines of a failed step for `finish`; says nothing where even that cannot be written."""
    try:
        run = settings.run()
        value = {"version": VERSION, "step": step, "exit_code": code, "lines": list(log.LAST)}
        contract.check("tail", value, step)
        storage.write_json(f"{run.root}/steps/{step}.tail.json", value)
    except (WrongInput, TryAgain, OSError):
        return  # the failure itself is on stderr; a second one about its log would only hide it


def tails(run: settings.Run) -> dict[str, dict[str, Any]]:
    """Returns the last lines of the steps that failed and never finished, by step."""
    found = {}
    for address in storage.listing(f"{run.root}/steps", ".tail.json"):
        value = storage.read_json(address)
        contract.check("tail", value, address)
        if not storage.exists(f"{run.root}/steps/{value['step']}.json"):
            found[value["step"]] = value
    return found


def write(run: settings.Run, receipt: Mapping[str, Any]) -> str:
    """Writes the run's receipt and returns its address."""
    value = {"version": VERSION, **receipt}
    address = f"{run.home}/receipts/{run.run_name}.json"
    contract.check("receipt", value, address)
    storage.write_json(address, value)
    return address


def read_all(run: settings.Run) -> list[dict[str, Any]]:
    """Returns every receipt of the pipeline, by address."""
    return [storage.read_json(address) for address in storage.listing(f"{run.home}/receipts", ".json")]


def image_digests() -> dict[str, str]:
    """Returns the images that ran, as the template told them in IMAGES."""
    return {str(k): str(v) for k, v in settings.facts("IMAGES", os.environ).items()}
