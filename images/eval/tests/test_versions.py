"""More than two versions side by side in a report: their values, and what each answered to every question."""

import itertools
import re
import time
from typing import Any

import pytest
from evaluation import versions
from runtime import receipt
from scoring import compared, next_run, sample, scored
from world import World


@pytest.fixture(autouse=True)
def moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass before each moment that is written: a fast machine scores several versions in one."""
    seconds = itertools.count(int(time.time()))
    monkeypatch.setattr(receipt, "now", lambda: receipt.stamp(next(seconds)))


def answered(world: World, number: int, model: str, right: int, total: int = 40) -> dict[str, Any]:
    """Score a version of which so many answers are right."""
    next_run(world, number)
    return scored(world, [n < right for n in range(total)], "exact_match", {"model": model})


def test_a_report_shows_the_versions_before_beside_this_one(world: World) -> None:
    answered(world, 1, "m-1", 30)
    world.set(ACCEPT="baseline")
    compared(world)
    world.run("annotate")
    world.set(ACCEPT="")
    answered(world, 2, "m-2", 20)
    answered(world, 3, "m-3", 25)
    answered(world, 4, "m-other", 5, total=30)  # other questions
    answered(world, 5, "m-3", 28)  # scored again: the newer one is shown
    answered(world, 6, "m-4", 32)
    compared(world)
    world.run("report")
    page = world.path(f"{world.root}/report.html").read_text()
    table = page[page.index('id="versions"') : page.index('id="samples"')]
    assert re.findall(r'<th scope="row">([^<]*)</th>', table) == [
        "This run: m-4", "Baseline: m-1", "m-3 (run answers-5)", "m-2 (run answers-2)",
    ]  # fmt: skip
    assert [float(value) for value in re.findall(r'data-title="exact_match">(0\.\d+) \[', table)] == [
        0.8, 0.75, 0.7, 0.5,
    ]  # fmt: skip
    first = page[page.index('<li class="sample"') :]
    (item,) = re.findall(r"<h3>q25</h3>.*?</li>", first, re.DOTALL)
    answers = dict(re.findall(r"<h4>([^<]*)</h4><pre>([^<]*)</pre>", item))
    wanted, other = sample(25)["references"][0], "other"
    assert answers == {
        "m-4": wanted, "Baseline: m-1": wanted, "m-3 (run answers-5)": wanted, "m-2 (run answers-2)": other,
    }  # fmt: skip


def test_scores_by_other_rules_are_not_compared(world: World) -> None:
    answered(world, 1, "m-1", 30)
    answered(world, 2, "m-2", 30)
    world.set(ENDPOINT={"name": "docs", "model": "m-3"}, THINKING="keep")
    next_run(world, 3)
    world.load()
    world.answers([{"id": f"q{n}", "text": f"w{n}"} for n in range(40)])
    world.run("score")
    compared(world)
    world.run("report")
    assert world.path(f"{world.root}/report.html").read_text().count(">other rules<") == 2


def test_of_many_runs_those_written_last_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's folder is named by its uid, which says nothing of its time."""
    monkeypatch.setattr(versions, "MOST_RUNS", 3)
    for number, model in ((4, "m-0"), (3, "m-1"), (2, "m-2"), (1, "m-3")):
        answered(world, number, model, 30)
    compared(world)
    world.run("report")
    page = world.path(f"{world.root}/report.html").read_text()
    table = page[page.index('id="versions"') : page.index('id="samples"')]
    assert re.findall(r'<th scope="row">([^<]*)</th>', table) == [
        "This run: m-3", "m-2 (run answers-2)", "m-1 (run answers-3)",
    ]  # fmt: skip


def test_a_first_run_shows_itself_alone(world: World) -> None:
    answered(world, 1, "m-1", 30)
    compared(world)
    world.run("report")
    assert 'id="versions"' not in world.path(f"{world.root}/report.html").read_text()
