"""What every step program shares: settings from the environment, the log, exit codes, its part of the receipt."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from objects import Objects, passing

DONE, DEFECT, WRONG_INPUT, TRY_AGAIN = 0, 1, 65, 75  # the template's retryStrategy reads these


class InputError(Exception):
    """The input is wrong: a second try would find it so again (exit 65)."""

    outcome = "the input is wrong"


class TryAgain(Exception):
    """Something outside failed that may have passed in a while (exit 75)."""


def say(event: str, **fields: Any) -> None:
    """One JSON line on stderr: `event` is for a person, the fields for a machine."""
    line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event, **fields}
    sys.stderr.buffer.write(orjson.dumps(line, default=str) + b"\n")
    sys.stderr.buffer.flush()


def text(name: str, default: str | None = None) -> str:
    """The setting `name`, from the environment.

    Raises:
        InputError: it is not set and has no default.
    """
    value = os.environ.get(name, default)
    if value is None:
        raise InputError(f"the setting {name} is missing from the environment; the standard's template gives it")
    return value


def facts(name: str) -> dict[str, Any]:
    """The catalog facts that the setting `name` holds as JSON text.

    Raises:
        InputError: it is missing or is not a JSON object.
    """
    try:
        value = orjson.loads(text(name))
    except orjson.JSONDecodeError as error:
        raise InputError(f"the setting {name} is not JSON: {error}; it is the catalog's facts as one object") from error
    if not isinstance(value, dict):
        raise InputError(f"the setting {name} is no JSON object but {type(value).__name__}")
    return value


@dataclass(frozen=True)
class Run:
    """Where this run's files live.

    Attributes:
        project, pipeline: whose run it is.
        id, name: the workflow's uid and name.
        objects: the object store.
        root: address under which every file of every run is kept.
    """

    project: str
    pipeline: str
    id: str
    name: str
    objects: Objects
    root: str

    @classmethod
    def from_environment(cls) -> Run:
        """The run that the environment describes."""
        return cls(
            project=text("PROJECT"),
            pipeline=text("PIPELINE"),
            id=text("RUN_ID", "none"),
            name=text("RUN_NAME", "none"),
            objects=Objects(text("OBJECTS")),
            root=text("ARTIFACTS").rstrip("/"),
        )

    @property
    def folder(self) -> str:
        """Address of this run's own files, under the project's prefix like all that it may write."""
        return f"{self.home}/runs/{self.id}"

    @property
    def home(self) -> str:
        """Address of what outlives a run: the ledger, the versions, the receipts."""
        return f"{self.root}/{self.project}/{self.pipeline}"

    @property
    def alias(self) -> str:
        """The name under which readers find the index."""
        return f"{self.project}-{self.pipeline}"

    def part(self, step: str, began: float, **found: Any) -> None:
        """Leaves the step's part of the receipt, which `finish` gathers."""
        part = {"version": 1, "step": step, "began": round(began, 3), "seconds": round(time.time() - began, 3), **found}
        self.objects.write(f"{self.folder}/steps/{step}.json", orjson.dumps(part, option=orjson.OPT_INDENT_2))


def main(program: Callable[[], Mapping[str, Any] | None]) -> None:
    """Runs a step program and leaves with its exit code; what it returns goes to stdout as one line of JSON."""
    try:
        result = program()
    except InputError as error:
        say(str(error), outcome=error.outcome)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:
        sys.exit(DEFECT)
    except Exception as error:
        if isinstance(error, TryAgain) or passing(error):
            say(str(error) or type(error).__name__, outcome="try again")
            sys.exit(TRY_AGAIN)
        # a defect: one line for a person, the trace inside it for whoever mends it
        say(f"{type(error).__name__}: {error}", outcome="defect", trace=traceback.format_exc().splitlines())
        sys.exit(DEFECT)
    if result is not None:
        print(json.dumps(result, ensure_ascii=False))
    sys.exit(DONE)
