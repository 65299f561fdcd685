"""What the figures of a standard's use suggest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.load import load_repository
from dac.model import Document, Pipeline, Project, Repository, StandardRef
from dac.survey import Decided, decided, unused_names

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"
REF = StandardRef("copying", "v1")


@pytest.fixture(scope="module")
def base() -> Repository:
    return load_repository(FEATURES, [])[0]


def using(base: Repository, *decisions: dict[str, Any]) -> Repository:
    pipelines = {f"p{n}": Pipeline(f"p{n}", REF, {"from": f"s3://a/{n}", **given}) for n, given in enumerate(decisions)}
    return replace(base, projects={"one": Project("one", "team", pipelines, Document("", None))})


def of(repository: Repository, name: str) -> Decided:
    return next(each for each in decided(repository) if each.name == name)


def test_what_nearly_all_decide_alike_should_not_be_asked(base: Repository) -> None:
    repository = using(base, *[{"size": "small"}] * 19, {"size": "large"})
    size = of(repository, "size")
    assert (size.pipelines, size.written, size.commonest, size.alike) == (20, 20, '"small"', 19)
    assert size.advice == "over 90 % decide alike: make it the default, or the standard's own"
    assert of(repository, "from").advice == ""


def test_a_default_that_most_override_is_not_one(base: Repository) -> None:
    repository = using(base, *[{"times": n} for n in range(3, 9)], *[{}] * 5)
    times = of(repository, "times")
    assert (times.written, times.overridden) == (6, 6)
    assert times.advice == "over half override the default: choose another one, or none"


def test_a_default_that_is_left_alone_is_no_finding(base: Repository) -> None:
    assert of(using(base, *[{}] * 20), "size").advice == ""


def test_few_pipelines_say_nothing(base: Repository) -> None:
    assert of(using(base, {"size": "large"}), "size").advice == "used by fewer than 10: nothing to say"
    assert of(using(base), "size").advice == "not used"


def test_names_that_nobody_chooses(base: Repository) -> None:
    repository = using(base, {"size": "large", "schedule": {"cron": "0 0 * * *"}}, {})
    assert unused_names(repository) == {"schedules": ["nightly"], "sizes": ["unused"]}
