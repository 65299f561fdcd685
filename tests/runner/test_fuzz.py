"""A workflow file with any one field dropped, of another type or twice is refused, or runs to an end.

DAC_SEED chooses the files and DAC_FUZZ how many: 150 here; `DAC_FUZZ=20000 pytest tests/runner/test_fuzz.py` for a
whole round. A crash, or a run that does not end within five minutes, prints the file.
"""

from __future__ import annotations

import copy
import os
import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.run import Refused
from runner_harness import notes, run_text

CASES = sorted(Path(__file__).parent.glob("cases/*/workflow.yaml"))
SEED = int(os.environ.get("DAC_SEED", "20261128"))
FILES = int(os.environ.get("DAC_FUZZ", "150"))
# What the cases probe: a changed probe may never pass.
PROBES = [
    template["container"]["readinessProbe"]
    for case in CASES
    for document in yaml.safe_load_all(case.read_text())
    for template in (document.get("spec") or {}).get("templates", [])
    if "readinessProbe" in (template.get("container") or {})
]
VALUES: tuple[Any, ...] = (
    None, "", {}, [], 0, -1, "x", True, [None], {"a": None}, [[]], "{{", {"name": None}, 1.5, "{{=}}", [{}],
    "{{inputs.parameters.zz}}", "é\u202e\x1b", "99999999999999999999",
)  # fmt: skip


def fields(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from fields(item, (*path, key))


def changed(documents: list[Any], draw: random.Random) -> list[Any]:
    documents = copy.deepcopy(documents)
    *way, last = draw.choice(list(fields(documents)))
    holder: Any = documents
    for key in way:
        holder = holder[key]
    kind = draw.choice(("drop", "retype", "retype", "retype", "twice"))
    if kind == "drop":
        del holder[last]
    elif kind == "retype":
        holder[last] = copy.deepcopy(draw.choice(VALUES))
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[last]))
    else:
        holder[f"{last}2"] = copy.deepcopy(holder[last])
    return documents


def endless(value: Any) -> bool:
    """Whether a run may go on forever, as it would in Argo.

    Something is retried without a limit, or after waits of any length; what waits for its end is no longer a daemon, so
    that its task ends with it; or a daemon's probe can never pass, so that what depends on the daemon never starts. A
    template that calls itself on no condition does so a hundred times, which takes long on a busy machine.
    """
    if isinstance(value, dict):
        groups = value["steps"] if isinstance(value.get("steps"), list) else []
        calls = [step for group in groups if isinstance(group, list) for step in group]
        if any(isinstance(c, dict) and c.get("template") == value.get("name") and not c.get("when") for c in calls):
            return True
        probe = value.get("readinessProbe")
        if isinstance(probe, dict) and probe not in PROBES:
            return True
        strategy = value.get("retryStrategy")
        unlimited = isinstance(strategy, dict) and ("limit" not in strategy or "backoff" in strategy)
        serves = "container" in value and value.get("daemon") is not True and "sleep 600" in str(value["container"])
        return unlimited or serves or any(map(endless, value.values()))
    return isinstance(value, list) and any(map(endless, value))


def held_up(state: Path) -> bool:
    """Whether a run has said at last that it waits until a daemon ends by itself."""
    return any(notes(state)[-1:])


class TooLate(KeyboardInterrupt):
    """What a loop lets through; a TimeoutError would be taken for the system's, which fails a pod."""


class Late:
    """Ends a run after a minute, and after `more` minutes more, since a busy machine may take long."""

    more = 0

    def __call__(self, *_: object) -> None:
        if not self.more:
            raise TooLate
        self.more -= 1
        signal.alarm(60)


@pytest.fixture
def machine() -> Iterator[None]:
    """Leave this machine's root as it was: a path that a changed file no longer declares is this machine's own."""
    named = {name for case in CASES for name in re.findall(r"(?<![\w.\-/}])/([a-z][\w-]*)", case.read_text())}
    absent = [folder for folder in (Path("/", name) for name in sorted(named)) if not folder.exists()]
    yield
    for folder in absent:
        if folder.is_dir():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("machine")
def test_no_file_crashes_the_runner_or_keeps_it_waiting(tmp_path: Path) -> None:
    draw, ends = random.Random(SEED), Counter[str]()
    documents = [list(yaml.safe_load_all(case.read_text())) for case in CASES]
    late = Late()
    signal.signal(signal.SIGALRM, late)
    for number in range(FILES):
        file = changed(draw.choice(documents), draw)
        text = yaml.safe_dump_all(file, sort_keys=False)
        late.more = 0 if endless(file) else 4
        signal.alarm(60)
        try:
            ends[run_text(text, tmp_path / str(number))["phase"]] += 1
        except Refused:
            ends["refused"] += 1
        except TooLate:
            ends["endless"] += 1
            assert endless(file) or held_up(tmp_path / str(number)), f"seed {SEED}, file {number} did not end\n{text}"
        except Exception as error:
            pytest.fail(f"seed {SEED}, file {number}: {type(error).__name__}: {error}\n{text}")
        finally:
            signal.alarm(0)
    print(f"seed {SEED}: {dict(ends)}")
    assert ends["refused"] > FILES / 4, "a changed field is mostly a fault"
