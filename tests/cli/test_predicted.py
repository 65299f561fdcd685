"""The prediction that `dac run` gives a run: by the runs before it, and never a reason not to start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dac.cli._arguments import Misuse
from dac.cli._run_estimates import predicted
from dac.expand import Expander
from dac.load import TreePipeline, load_repository
from dac.model.estimate import Amounts
from dac.model.run_record import RunRecord

ROOT = Path(__file__).parents[2]


class Runs:
    """Where runs are found: there are none, or they may not be listed."""

    commands: Any = None

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal

    def runs(self, _pipeline: TreePipeline, _limit: int) -> list[RunRecord]:
        if self.refusal:
            raise Misuse(self.refusal)
        return []


def test_a_first_run_is_predicted_by_the_figures() -> None:
    given = predicted(ROOT, "python-docs/search", Runs())  # type: ignore[arg-type] # only runs are asked for
    amounts = Amounts.of_text(given["predicted"])
    assert amounts is not None
    assert amounts.seconds.least > 0


def test_who_may_not_list_runs_may_still_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert predicted(ROOT, "python-docs/search", Runs("no")) == {}  # type: ignore[arg-type] # as above
    assert capsys.readouterr().err == "what the run takes is not predicted: no\n"
    assert predicted(ROOT, "python-docs/nowhere", Runs("no")) == {}  # type: ignore[arg-type] # as above


def test_a_run_that_loaded_the_tree_is_predicted_by_what_it_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    expander = Expander(load_repository(ROOT, [])[0])
    given = predicted(ROOT, "python-docs/search", Runs())  # type: ignore[arg-type] # only runs are asked for
    monkeypatch.delattr("dac.cli._run_estimates.load_repository")
    again = predicted(ROOT, "python-docs/search", Runs(), expander)  # type: ignore[arg-type] # as above
    assert again == given
