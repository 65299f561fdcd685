"""From answers to intervals and a verdict on worlds whose truth is known; tests/bench/eval_simulate.py does more of it.

What is drawn is seeded: a wrong interval or gate fails, chance does not.
"""

from typing import Any

import numpy as np
import pytest
import simulation

QUESTIONS = 800


@pytest.fixture(scope="module")
def even() -> simulation.Population:
    """Two versions, equally good, which are right on half of the questions."""
    return simulation.population(0.5, 0.0, QUESTIONS, np.random.default_rng(3))


@pytest.mark.parametrize("name", ["token_f1", "macro_f1", "bleu", "chrf"])
def test_the_interval_of_a_scorecard_holds_the_truth(even: simulation.Population, name: str) -> None:
    rng = np.random.default_rng(4)
    values, worlds = even.old[name], 300
    truth = simulation.truth(name, values)
    estimates = [simulation.estimated(name, values[rng.integers(0, QUESTIONS, 200)]) for _ in range(worlds)]
    assert 0.93 <= np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]) <= 0.97
    # The standard error is that of the estimates themselves.
    spread = np.std([estimate.value for estimate in estimates])
    assert np.mean([estimate.standard_error for estimate in estimates]) == pytest.approx(spread, rel=0.15)


def failing(comparisons: list[dict[str, dict[str, Any]]]) -> float:
    return float(
        np.mean([any(entry["verdict"] == "fail" for entry in comparison.values()) for comparison in comparisons])
    )


def test_the_gate_over_five_metrics_rarely_fails_an_equal_version(even: simulation.Population) -> None:
    rng = np.random.default_rng(5)
    comparisons = [simulation.compared(even, 100, 0.001, rng) for _ in range(200)]
    assert failing(comparisons) <= 0.05
    alone = {name: np.mean([comparison[name]["p"] < 0.05 for comparison in comparisons]) for name in simulation.METRICS}
    assert {name: share for name, share in alone.items() if share > 0.08} == {}
    assert any(share > 0.02 for share in alone.values())  # a test that never says anything holds its level too


def test_the_gate_over_five_metrics_catches_a_version_that_is_worse() -> None:
    rng = np.random.default_rng(6)
    worse = simulation.population(0.5, 0.15, QUESTIONS, rng)
    assert failing([simulation.compared(worse, 400, 0.02, rng) for _ in range(20)]) >= 0.9
