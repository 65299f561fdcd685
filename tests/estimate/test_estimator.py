"""What runs take, by small standards: what is not known stays unknown, and never becomes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from dac.estimate import Estimator
from dac.expand.expressions import Expressions
from dac.model import Document, Pipeline, Standard, StandardRef
from dac.model.amount_words import estimate_words, month_words
from dac.model.bounds import NOTHING, UNKNOWN, Bounds
from dac.model.estimate import NO_AMOUNT_KNOWN, Estimate

REF = StandardRef("copying", "v1")
POD = {"cpu": "2", "memory": "4Gi", "gpu": 1, "gpu_kind": "l4", "parallelism": 4, "deadline_seconds": 100}
CATALOG: dict[str, Any] = {
    "sizes": {"small": {"settings": {}, "pods": {"copy": POD}}},
    "prices": {"cpu_hour": {"usd": 1.0}, "memory_gib_hour": {"usd": 0.5}, "gpu_hour_l4": {"usd": 6.0}},
    "schedules": {
        "nightly": {"cron": "H 1 * * *", "timezone": "Etc/UTC", "suspend": False},
        "on-demand": {"cron": "0 0 1 1 *", "timezone": "Etc/UTC", "suspend": True},
    },
}
TEMPLATE = {
    "spec": {
        "activeDeadlineSeconds": 150,
        "templates": [
            {"name": "list", "activeDeadlineSeconds": 50, "container": {"resources": {"requests": {"cpu": "500m"}}}}
        ],
    }
}
FIGURES = {"item": {"least": 1, "most": 2, "source": "a test"}}
STEP = {"pods": ["copy"], "number": "8.0", "seconds": "figures.item * work.items"}


def a_standard(section: Mapping[str, Any]) -> Standard:
    empty = Document("standard.yaml", {})
    schema = {"properties": {"times": {"default": 1}}}
    return Standard(
        REF, "standards/copying/v1", "", schema, {}, "schedule(decisions.schedule)", {}, empty, empty, "", (), section
    )


def estimated(
    section: Mapping[str, Any],
    catalog: Mapping[str, Any] = CATALOG,
    schedule: str = "nightly",
    times: int = 10,
    template: Mapping[str, Any] = TEMPLATE,
    **decided: Any,
) -> Estimate:
    standard = a_standard(section)
    pipeline = Pipeline("p", REF, {"size": "small", "schedule": schedule, "times": times, **decided})
    estimator = Estimator(catalog, Expressions(catalog).evaluate, lambda _: template)
    return estimator.of(pipeline, standard)


def section(**facts: Any) -> dict[str, Any]:
    work = {"items": {"summary": "what is copied", "value": "double(decisions.times)"}}
    return {"figures": FIGURES, "work": work, "steps": {"copy": STEP}} | facts


def test_amounts_are_figures_times_work_at_the_prices_of_what_pods_ask_for() -> None:
    run = estimated(section()).run
    assert run.cpu_seconds == Bounds(20, 40)
    assert run.gpu_seconds == Bounds(10, 20)
    assert run.seconds == Bounds(2.5, 5)  # four pods run at once
    assert run.usd == Bounds(10 / 3600 * 10, 20 / 3600 * 10)  # 2 CPUs, 4 GiB and a GPU are 10 dollars an hour
    assert run.tokens == NOTHING


def test_thirty_days_hold_the_starts_of_the_schedule() -> None:
    estimate = estimated(section())
    assert estimate.month.usd.least == pytest.approx(30 * estimate.run.usd.least)
    assert month_words(estimate) == "$0.83 to $1.67 in 30 days (30 runs)"


def served(schedule: str, **prices: float) -> Estimate:
    """Return the estimate of a pipeline whose index a service of two pods serves: 1 CPU and 2 GiB together."""
    services = {"small": {"replicas": 2, "cpu": "500m", "memory": "1Gi", "cpu_limit": "2"}, "none": {}}
    prices = prices or {"cpu_hour": 1.0, "memory_gib_hour": 0.5, "gpu_hour_l4": 6.0}
    catalog = {**CATALOG, "services": services, "prices": {name: {"usd": usd} for name, usd in prices.items()}}
    return estimated(section(), catalog, schedule, serve="small")


def test_pods_of_a_search_service_cost_as_long_as_it_is_decided() -> None:
    estimate, without = served("nightly"), estimated(section())
    assert estimate.run == without.run
    assert estimate.month.usd.least == pytest.approx(without.month.usd.least + 720 * (1 * 1.0 + 2 * 0.5))
    assert estimate.month.cpu_seconds.least == without.month.cpu_seconds.least + 720 * 3600
    assert month_words(estimate) == "$1,441 to $1,442 in 30 days (30 runs and its search service)"
    assert estimate.amounts != without.amounts
    words = "$0.03 to $0.06 each time that it is started by hand, and $1,440 in 30 days for its search service"
    assert month_words(served("on-demand")) == words


def test_a_search_service_without_a_price_is_not_free() -> None:
    estimate = served("nightly", cpu_hour=1.0, gpu_hour_l4=6.0)
    assert not estimate.month.usd.has_most
    assert "what its search service costs: standards/catalog/prices.yaml has no memory_gib_hour" in estimate.unknown


def test_a_pipeline_by_hand_counts_once_and_says_so() -> None:
    estimate = estimated(section(), schedule="on-demand")
    assert estimate.month == estimate.run
    assert month_words(estimate) == "$0.03 to $0.06 each time that it is started by hand"


def test_work_that_nobody_knows_has_the_deadlines_for_an_upper_bound() -> None:
    unknown = section(work={"items": {"summary": "known from the first run on"}})
    estimate = estimated(unknown)
    assert estimate.run.gpu_seconds == Bounds(
        0, 600
    )  # four at once until the run's deadline; eight pods of a hundred seconds would be more
    assert estimate.run.seconds == Bounds(0, 150)  # the run's own deadline
    assert estimate.unknown == (
        "how long copy takes: no run has said how many items there are; at most what deadlines allow",
    )
    assert "not known: how long copy takes" in estimate_words(estimate)


def test_work_that_nobody_knows_without_a_deadline_is_unknown() -> None:
    pod = {key: value for key, value in POD.items() if key != "deadline_seconds"}
    catalog = CATALOG | {"sizes": {"small": {"pods": {"copy": pod}}}}
    unknown = section(work={"items": {"summary": "known from the first run on"}})
    assert estimated(unknown, catalog).run.gpu_seconds == Bounds(0, 600)
    estimate = estimated(unknown, catalog, template={})
    assert estimate.run.usd == UNKNOWN
    assert month_words(estimate) == "unknown in 30 days (30 runs)"


@pytest.mark.parametrize(
    ("facts", "catalog", "why"),
    [
        (
            {},
            {"prices": {"cpu_hour": {"usd": 1}}},
            "what copy costs: standards/catalog/prices.yaml has no memory_gib_hour",
        ),
        ({"steps": {"copy": {**STEP, "pods": ["other"]}}}, {}, "copy: the size has no pods other"),
        ({"steps": {"other": {"seconds": "1.0"}}}, {}, "other: the template has no pods other"),
        (
            {"token_usd": {"value": "decisions.times - 99"}},
            {},
            "token usd: decisions.times - 99: invalid amount: -89",
        ),
        ({"token_usd": {"value": "decisions.nothing"}}, {}, "token usd: decisions.nothing: there is no 'nothing'"),
    ],
)
def test_what_fails_is_unknown_and_never_free(facts: dict[str, Any], catalog: dict[str, Any], why: str) -> None:
    estimate = estimated(section(**facts), CATALOG | catalog)
    assert not estimate.run.usd.has_most
    assert any(what.startswith(why) for what in estimate.unknown), estimate.unknown


def test_a_number_of_pods_that_fails_leaves_what_is_known() -> None:
    estimate = estimated(section(steps={"copy": {**STEP, "number": "1 / 0"}}))
    assert estimate.run.gpu_seconds == Bounds(10, 20)
    assert estimate.unknown[0].startswith("how many pods copy has: 1 / 0: ")


def test_pods_whose_number_nobody_knows_have_the_runs_deadline() -> None:
    unknown = section(
        work={"items": {"summary": "known from the first run on"}}, steps={"copy": {**STEP, "number": "work.items"}}
    )
    assert estimated(unknown).run.gpu_seconds == Bounds(0, 600)


def test_a_standard_without_an_estimate_has_none_and_says_what_to_do() -> None:
    estimate = estimated({})
    assert estimate.run == NO_AMOUNT_KNOWN
    assert estimate.unknown == ("copying@v1 has no estimate (add one to standards/copying/v1/standard.yaml)",)


def test_a_schedule_that_cannot_be_read_makes_the_month_unknown() -> None:
    estimate = estimated(section(), schedule="never-heard-of")
    assert estimate.run.usd.has_most
    assert not estimate.month.usd.has_most
    assert estimate.unknown[0].startswith("how often it starts: ")


def test_a_step_that_does_not_run_takes_nothing() -> None:
    left_out = section(steps={"copy": {**STEP, "when": "decisions.times > 10"}})
    assert estimated(left_out).run.usd == NOTHING
    assert estimated(left_out, times=11).run.usd != NOTHING


def test_a_step_beside_the_others_costs_and_takes_no_time_of_the_run() -> None:
    run = estimated(section(steps={"copy": {**STEP, "beside": True}})).run
    assert run.seconds == NOTHING
    assert run.usd != NOTHING


def test_tokens_stay_within_the_limit_of_the_size() -> None:
    tokens = {"value": "work.items * figures.item", "most": "15.0"}
    assert estimated(section(tokens=tokens)).run.tokens == Bounds(10, 15)
    unknown = section(tokens=tokens, work={"items": {"summary": "known from the first run on"}})
    assert estimated(unknown).run.tokens == Bounds(0, 15)


def test_a_step_without_a_size_asks_for_what_its_template_does() -> None:
    run = estimated(section(steps={"list": {"seconds": "figures.item"}})).run
    assert run.cpu_seconds == Bounds(0.5, 1)
    assert run.gpu_seconds == NOTHING


def test_a_default_counts_as_if_it_were_written() -> None:
    assert estimated(section(), times=1).run == estimated(section(), times=1).run


def test_a_decision_that_only_a_condition_reads_is_estimated_by_the_answer() -> None:
    steps = {"copy": {**STEP, "when": "!decisions.source.contains('://')"}}
    standard = a_standard(section(steps=steps))
    estimator = Estimator(CATALOG, Expressions(CATALOG).evaluate, lambda _: TEMPLATE)
    first, other, address, none = (
        estimator.of(Pipeline("p", REF, {"size": "small", "schedule": "nightly", "times": 10, **source}), standard)
        for source in ({"source": "a"}, {"source": "b"}, {"source": "s3://b"}, {})
    )
    assert first is other
    assert first.run.cpu_seconds == Bounds(20, 40)
    assert address.run.cpu_seconds == NOTHING
    assert none.unknown != first.unknown
