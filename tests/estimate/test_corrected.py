"""What earlier runs took corrects what the next one is predicted to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from dac.estimate import Estimator
from dac.expand.expressions import Expressions
from dac.model import Document, Parameter, Pipeline, Standard, StandardRef
from dac.model.bounds import NOTHING, Bounds
from dac.model.estimate import Amounts, Estimate

REF = StandardRef("copying", "v1")
POD = {"cpu": "2", "memory": "0", "gpu": 0, "gpu_kind": "none", "parallelism": 4, "deadline_seconds": 1000}
CATALOG: dict[str, Any] = {
    "sizes": {size: {"settings": {}, "pods": {"copy": POD}} for size in ("small", "large")},
    "prices": {"cpu_hour": {"usd": 1.0}, "memory_gib_hour": {"usd": 0.5}},
    "schedules": {"nightly": {"cron": "H 1 * * *", "timezone": "Etc/UTC", "suspend": False}},
}
SECTION: dict[str, Any] = {
    "alike": ["size"],
    "figures": {
        "start": {"least": 0, "most": 2, "source": "a test"},
        "item": {"least": 1, "most": 3, "source": "a test"},
    },
    "work": {"items": {"summary": "what is copied", "actual": ["counts.copied"], "whole": ["counts.all"]}},
    "steps": {
        "copy": {"pods": ["copy"], "number": "8.0", "seconds": "figures.item * work.items"},
        "finish": {"pods": ["copy"], "seconds": "figures.start"},
    },
    "tokens": {"value": "work.items * 10.0", "actual": ["counts.read", "counts.written"]},
}


def made() -> tuple[Estimator, Pipeline, Standard]:
    empty = Document("standard.yaml", {})
    size = Parameter("size", "decisions.size", "^[a-z]+$", "how much at once")
    standard = Standard(
        REF,
        "standards/copying/v1",
        "",
        {},
        {"size": size},
        "schedule(decisions.schedule)",
        {},
        empty,
        empty,
        "",
        (),
        SECTION,
    )
    pipeline = Pipeline("p", REF, {"size": "small", "schedule": "nightly"})
    return Estimator(CATALOG, Expressions(CATALOG).evaluate, lambda _: {}), pipeline, standard


def receipt(copied: int = 10, took: float = 40, **facts: Any) -> dict[str, Any]:
    """Return a receipt of eight pods, four at once, that took `took` seconds together."""
    steps = {f"copy-{number}": {"seconds": took / 8} for number in range(8)}
    counts = {"copied": copied, "all": 100, "read": copied * 3, "written": copied * 2}
    whole = {"status": "Succeeded", "size": "small", "arguments": {"size": "small"}, "seconds": took / 4 + 5}
    return {**whole, "steps": steps, "counts": counts, **facts}


def predicted(receipts: Sequence[Mapping[str, Any]], *, whole: bool = True) -> Estimate:
    estimator, pipeline, standard = made()
    return estimator.corrected(pipeline, standard, receipts, whole=whole)


def within(bounds: Bounds, amount: float) -> None:
    """Hold bounds to a fifth on either side of an amount."""
    assert bounds.least == pytest.approx(amount * 0.8)
    assert bounds.most == pytest.approx(amount * 1.2)


def test_the_next_run_takes_as_long_for_each_piece_of_work() -> None:
    """Ten items took 40 seconds of two CPUs: a hundred take 400, four at once, and the same pauses between."""
    run = predicted([receipt()]).run
    within(run.cpu_seconds, 800)
    within(run.seconds, 100 + 5)
    within(run.tokens, 500)
    within(run.usd, 800 / 3600)


def test_a_run_may_find_nothing_to_do() -> None:
    run = predicted([receipt()], whole=False).run
    assert run.cpu_seconds == Bounds(0, pytest.approx(960))  # type: ignore[arg-type] # compared with a float


def test_several_runs_widen_the_bounds_to_all_of_them() -> None:
    run = predicted([receipt(took=40), receipt(took=50)]).run
    assert run.cpu_seconds.least == pytest.approx(800 * 0.8)
    assert run.cpu_seconds.most == pytest.approx(1000 * 1.2)


@pytest.mark.parametrize(
    "other",
    [
        receipt(status="Failed"),
        receipt(arguments={"size": "large"}),
        receipt(arguments={}),
        {"status": "Succeeded"},
    ],
    ids=["failed", "another size", "no arguments", "nothing in it"],
)
def test_what_was_another_run_corrects_nothing(other: dict[str, Any]) -> None:
    estimator, pipeline, standard = made()
    assert predicted([other]).run.cpu_seconds.most == estimator.of(pipeline, standard).run.cpu_seconds.most


def test_times_that_are_not_numbers_leave_the_figures() -> None:
    run = predicted([receipt(steps={"copy-0": {"seconds": "long"}, "copy-1": None})]).run
    assert run.cpu_seconds == Bounds(200, 604)  # a hundred items, and the step that writes the receipt


def test_a_run_of_one_pod_lets_expect_one_as_far_as_there_is_no_more_to_do() -> None:
    """Ten items took forty seconds of a single pod, though four may run at once: no pause is seen in that."""
    estimator, pipeline, standard = made()
    single = receipt(steps={"copy-0": {"seconds": 40}}, seconds=45)
    same = estimator.hindsight(pipeline, standard, [single], receipt())
    assert same is not None
    within(same.seconds, 45)
    run = predicted([single]).run
    assert run.seconds == Bounds(pytest.approx(320 / 4 + 4), pytest.approx(480 + 6))  # type: ignore[arg-type] # floats


def test_the_pod_that_took_longest_is_what_the_others_were_waited_for() -> None:
    estimator, pipeline, standard = made()
    single = receipt(steps={"copy-0": {"seconds": 30}, "copy-1": {"seconds": 10}}, seconds=35)
    same = estimator.hindsight(pipeline, standard, [single], receipt())
    assert same is not None
    within(same.seconds, 35)


def test_between_runs_of_less_and_of_more_work_both_count() -> None:
    """Twenty seconds to begin, and two for each item: no single run tells the one from the other."""
    estimator, pipeline, standard = made()
    earlier = [receipt(copied=10, took=40), receipt(copied=90, took=200)]
    run = estimator.hindsight(pipeline, standard, earlier, receipt(copied=40))
    assert run is not None
    within(run.cpu_seconds, 2 * (20 + 2 * 40))


def test_a_run_that_found_nothing_to_do_says_nothing_of_those_that_do() -> None:
    estimator, pipeline, standard = made()
    section = {**SECTION, "steps": {"copy": {**SECTION["steps"]["copy"], "seconds": "figures.start + work.items"}}}
    standard = replace(standard, estimate=section)
    idle, busy = receipt(copied=0, took=0.1), receipt(copied=10, took=40)
    run = estimator.hindsight(pipeline, standard, [idle, busy], receipt(copied=1))
    assert run is not None
    within(run.cpu_seconds, 2 * 40 * 2 / 11)
    run = estimator.hindsight(pipeline, standard, [busy, idle], receipt(copied=0))
    assert run is not None
    within(run.cpu_seconds, 2 * 0.1)


def test_only_the_newest_runs_count() -> None:
    assert predicted([receipt()] * 5 + [receipt(took=4000)]) == predicted([receipt()] * 5)


def test_in_hindsight_a_run_is_predicted_for_the_work_that_it_had() -> None:
    estimator, pipeline, standard = made()
    before, run = receipt(copied=10, took=40), receipt(copied=20, took=80)
    amounts = estimator.hindsight(pipeline, standard, [before], run)
    assert amounts is not None
    within(amounts.cpu_seconds, 160)
    assert estimator.hindsight(pipeline, standard, [], run) is None
    assert estimator.hindsight(pipeline, standard, [before], {**run, "status": "Failed"}) is None


def test_what_a_run_took_is_exact() -> None:
    estimator, pipeline, standard = made()
    actual = estimator.actual(pipeline, standard, receipt())
    exact = [Bounds(amount, amount) for amount in (15.0, 80.0)]
    assert actual == Amounts(exact[0], exact[1], NOTHING, Bounds(50, 50), Bounds(80 / 3600, 80 / 3600))


def test_what_a_failed_run_took_is_not_said() -> None:
    estimator, pipeline, standard = made()
    assert estimator.actual(pipeline, standard, receipt(status="Failed")) is None


def test_tokens_that_a_receipt_lacks_are_unknown() -> None:
    estimator, pipeline, standard = made()
    actual = estimator.actual(pipeline, standard, receipt(counts={"copied": 1}))
    assert actual is not None
    assert not actual.tokens.has_most
