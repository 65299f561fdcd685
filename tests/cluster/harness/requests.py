"""Requests to the API server that can be made again: what the smoke tests ask in dry runs, as it was recorded.

`pytest -p harness.requests tests/cluster/smoke/...` runs the tests that need nothing but a project's namespace, on a
namespace `docs` that stands there already. What their fixtures make there stays, so that requests mean the same later.
"""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.corpus import LABEL
from harness.kube import Kube, Refused
from harness.runs import Runs

DENIED = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request", re.DOTALL)
FILE, IMAGE = "DAC_REQUESTS", "DAC_RECORDED_IMAGE"
CONTROLLER = ("--as=system:serviceaccount:argo:argo", "--as-group=system:masters")
GIVEN = {"kube", "image", "docs"}
ELSEWHERE = {"outside", "organisation"}  # fixtures of what a project's namespace lacks


@dataclass(frozen=True)
class Request:
    """What kubectl was asked.

    Attributes:
        test: which asked it.
        words: kubectl's arguments.
        stdin: what it read.
    """

    test: str
    words: tuple[str, ...]
    stdin: str | None

    def refusal(self, kube: Kube) -> str:
        """Ask again, and return why the API server refuses; empty where it does not."""
        try:
            kube(*self.words, stdin=self.stdin)
        except Refused as refused:
            return str(refused)
        return ""


def policy_of(refusal: str) -> str:
    """Return the admission policy that refused; empty where none did."""
    denied = DENIED.search(refusal)
    return denied[1] if denied else ""


def recorded(file: Path) -> list[Request]:
    """Return what a run of the tests asked, each once."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return list(dict.fromkeys(Request(row["test"], tuple(row["words"]), row["stdin"]) for row in rows))


class Recorder(Kube):
    """A cluster whose dry runs are written down."""

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        words, stdin = tuple(word.replace(*LABEL) for word in words), stdin and stdin.replace(*LABEL)
        test, _, phase = os.environ["PYTEST_CURRENT_TEST"].removeprefix("tests/cluster/smoke/").rpartition(" ")
        if "--dry-run=server" in words or "--raw" in words:
            with Path(os.environ[FILE]).open("a") as file:
                file.write(json.dumps(asdict(Request(test, words, stdin))) + "\n")
        elif phase == "(teardown)":
            return ""
        return super().__call__(*words, stdin=stdin)


class _Stands:
    """What takes the place of the shared fixtures."""

    def __init__(self) -> None:
        self.kube = Recorder(os.environ["KUBECONFIG"])
        self.runs: Runs | None = None

    def of(self, name: str) -> Any:
        if name == "docs" and self.runs is None:
            self.runs = Runs(self.kube, None, "docs", "search")  # type: ignore[arg-type]  # nothing of it is asked
            # Some tests change one that is there, and has ended; its images cannot be pulled here.
            ended = json.dumps({"metadata": {"labels": {"workflows.argoproj.io/completed": "true"}}})
            words = ("-n", "docs", "patch", "workflow", self.runs.start(), "--type=merge", "-p", ended)
            self.kube(*CONTROLLER, *words)
        return {"kube": self.kube, "image": os.environ[IMAGE], "docs": self.runs}.get(name)


_STANDS: list[_Stands] = []


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Any:
    """Give the shared fixtures another value, before any organisation is made."""
    if fixturedef.argname not in GIVEN | ELSEWHERE:
        return None
    if not _STANDS:
        _STANDS.append(_Stands())
    value = _STANDS[0].of(fixturedef.argname)
    fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
    return value or False  # None would mean: set it up


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that need an organisation's servers, or no project."""
    left = [item for item in items if not _of_the_project_alone(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _of_the_project_alone(item: Any) -> bool:
    fixtures, waiting, seen = item._fixtureinfo.name2fixturedefs, list(item._fixtureinfo.initialnames), set()
    while waiting:
        name = waiting.pop()
        if name not in seen and name not in GIVEN:
            waiting += [needed for definition in fixtures.get(name, ()) for needed in definition.argnames]
        seen.add(name)
    return "docs" in seen and not seen & ELSEWHERE
