"""The intervals hold what they promise, and the gate rarely cries wolf: by simulation.

The bootstrap is run by the very functions that score and compare use; only the worlds are simulated.
"""

from statistics import NormalDist

import numpy as np
import pytest
from evaluation import paired, stats, verdict
from scipy.stats import binomtest, norm, ttest_1samp

WORLDS = 1500
RATES = (0.1, 0.3, 0.5, 0.7, 0.9)


def held(estimates: list[stats.Estimate], truth: float) -> float:
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]))


@pytest.mark.parametrize("n", [200, 1000])
@pytest.mark.parametrize("truth", RATES)
def test_wilson_covers(n: int, truth: float) -> None:
    rng = np.random.default_rng(int(n * 10 * truth))
    worlds = [np.repeat([1.0, 0.0], [k, n - k]) for k in rng.binomial(n, truth, WORLDS)]
    assert 0.93 <= held([stats.rate(world, None) for world in worlds], truth) <= 0.97


@pytest.mark.parametrize("truth", RATES)
def test_the_bootstrap_covers(truth: float) -> None:
    """Of partial credit (a token F1): many answers at 0 and 1, the rest between."""
    rng = np.random.default_rng(int(100 * truth))
    worlds = rng.binomial(8, rng.beta(truth, 1 - truth, (1000, 200))) / 8
    share = held([stats.mean(world, None, rng) for world in worlds], truth)
    assert 0.93 <= share <= 0.97


@pytest.mark.parametrize("truth", RATES)
def test_the_bootstrap_covers_rates(truth: float) -> None:
    rng = np.random.default_rng(int(1000 * truth))
    worlds = [np.repeat([1.0, 0.0], [k, 500 - k]) for k in rng.binomial(500, truth, WORLDS)]
    share = held([stats.mean(world, None, rng) for world in worlds], truth)
    assert 0.93 <= share <= 0.97


def clustered(rng: np.random.Generator, groups: int, size: int, truth: float) -> tuple[np.ndarray, list[str]]:
    """Answers of one document rise and fall together."""
    rates = rng.beta(2 * truth, 2 * (1 - truth), groups)
    return rng.binomial(1, np.repeat(rates, size)).astype(float), [str(n) for n in range(groups) for _ in range(size)]


def test_groups_widen_the_interval_to_the_truth() -> None:
    rng = np.random.default_rng(5)
    worlds = [clustered(rng, 60, 10, 0.6) for _ in range(WORLDS // 3)]
    naive = held([stats.rate(values, None) for values, _ in worlds], 0.6)
    honest = held([stats.rate(values, groups) for values, groups in worlds], 0.6)
    assert naive < 0.75 < 0.93 <= honest <= 0.97


def test_outside_the_promise_wilson_holds_and_stands_in_for_a_bootstrap_without_spread() -> None:
    """What stats.py writes down about small samples and rare events."""
    rng = np.random.default_rng(6)
    worlds = [np.repeat([1.0, 0.0], [k, 40 - k]) for k in rng.binomial(40, 0.03, WORLDS)]
    assert held([stats.mean(world, None, rng) for world in worlds], 0.03) > 0.93  # Wilson's, where all are alike
    assert held([stats.rate(world, None) for world in worlds], 0.03) > 0.93


def test_the_standard_error_is_the_usual_one_without_groups() -> None:
    values = np.random.default_rng(0).random(50)
    _, error = stats.ratio_error(np.column_stack([values, np.ones(50)]))
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(50))


def test_a_bootstrap_of_few_values_draws_from_the_same_distribution() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2, (300, 1)).astype(float)
    fast = stats.bootstrap_sums(values, rng, 4000)
    slow = stats.bootstrap_sums(values + np.arange(300)[:, None] * 1e-12, rng, 4000)
    assert fast.std() == pytest.approx(slow.std(), rel=0.06)
    assert fast.mean() == pytest.approx(slow.mean(), rel=0.01)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (3, 9), (9, 3), (40, 41), (0, 5)])
def test_mcnemar_is_scipys_binomial_test(better: int, worse: int) -> None:
    truth = 1.0 if better + worse == 0 else binomtest(worse, better + worse, alternative="greater").pvalue
    assert paired.mcnemar(better, worse) == pytest.approx(truth)


def test_the_paired_bootstrap_agrees_with_the_t_test_where_that_holds() -> None:
    rng = np.random.default_rng(2)
    gaps = rng.normal(-0.03, 0.2, 400)
    p = paired.studentised(np.column_stack([gaps, np.ones(400)]), rng)
    assert p == pytest.approx(ttest_1samp(gaps, 0, alternative="less").pvalue, abs=0.01)


def test_holm() -> None:
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired.holm([0.5, 0.9]) == [1.0, 1.0]


def compare(rng: np.random.Generator, n: int, drop: float, margin: float) -> str:
    """Two models that answer three metrics: one binary, one skewed partial credit, one in groups."""
    groups = [str(number // 5) for number in range(n)]
    difficulty = rng.random(n)
    new, old = (rng.random(n) < 0.8 - 0.4 * difficulty - change for change in (drop, 0.0))
    credit = [rng.binomial(4, np.clip(0.9 - 0.6 * difficulty - change, 0, 1)) / 4 for change in (drop, 0.0)]
    shared = np.repeat(rng.random(n // 5), 5)
    grouped = [rng.random(n) < np.clip(shared - change, 0, 1) for change in (drop, 0.0)]
    differences = [
        paired.per_sample(new.astype(float), old.astype(float), None, True, rng),
        paired.per_sample(credit[0], credit[1], None, False, rng),
        paired.per_sample(grouped[0].astype(float), grouped[1].astype(float), groups, True, rng),
    ]
    adjusted = paired.holm([difference.p for difference in differences])
    verdicts = [
        verdict.decide(*each, margin, len(differences)).verdict for each in zip(differences, adjusted, strict=True)
    ]
    return verdict.overall(dict(zip("abc", verdicts, strict=True)))


@pytest.mark.parametrize("n", [50, 200, 1000])
def test_the_gate_rarely_fails_equal_models(n: int) -> None:
    rng = np.random.default_rng(n)
    verdicts = [compare(rng, n, 0.0, 0.005) for _ in range(600)]
    # 5 % true false alarms show as at most 6.5 % of 600 worlds with 95 % probability.
    assert verdicts.count("fail") / len(verdicts) <= 0.065


def test_the_gate_catches_what_it_says_it_can_detect() -> None:
    rng = np.random.default_rng(9)
    verdicts = [compare(rng, 1000, 0.10, 0.05) for _ in range(100)]
    assert verdicts.count("fail") >= 95
    assert "pass" not in verdicts


def test_enough_samples_pass_equal_models_and_few_prove_nothing() -> None:
    rng = np.random.default_rng(10)
    assert [compare(rng, 20_000, 0.0, 0.02) for _ in range(5)] == ["pass"] * 5
    same = np.ones(5)
    few = paired.per_sample(same, same, None, True, rng)
    assert verdict.decide(few, 1.0, 0.02, 1) == verdict.Verdict("inconclusive", 132)


def test_the_samples_that_it_asks_for_settle_it() -> None:
    rng = np.random.default_rng(11)
    gaps = rng.choice([-1.0, 0.0, 1.0], 400, p=[0.1, 0.8, 0.1])
    gaps[: int(abs(gaps.sum()))] -= np.sign(gaps.sum())  # no difference at all
    gaps = np.clip(gaps, -1, 1)
    first = paired.per_sample(gaps, np.zeros(400), None, False, rng)
    decision = verdict.decide(first, 1.0, 0.02, 1)
    assert decision.verdict == "inconclusive"
    assert decision.more is not None
    more = np.resize(gaps, 400 + decision.more + 100)
    assert (
        verdict.decide(paired.per_sample(more, np.zeros(len(more)), None, False, rng), 1.0, 0.02, 1).verdict == "pass"
    )


def test_what_is_detectable_is_detected_four_times_out_of_five() -> None:
    n, rng = 2000, np.random.default_rng(12)
    drop = paired.detectable(n, 1, 0.05, 0.2)
    assert drop == pytest.approx((1.645 + 0.842) * np.sqrt(0.2 / n), rel=1e-3)
    discordant = rng.multinomial(n, [0.1 - drop / 2, 0.1 + drop / 2, 0.8], 400)
    caught = np.mean([paired.mcnemar(better, worse) < 0.05 for better, worse, _ in discordant])
    assert 0.72 <= caught <= 0.88


def test_normal_quantiles_are_the_tables() -> None:
    assert stats.Z == pytest.approx(NormalDist().inv_cdf(0.975)) == pytest.approx(norm.ppf(0.975))


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("samples", [1, 20])
@pytest.mark.parametrize("groups", [1, 5, None])
def test_no_interval_has_no_width(value: float, samples: int, groups: int | None) -> None:
    """Twenty of twenty, one sample, one group: none of them makes the value certain."""
    rng = np.random.default_rng(1)
    values = np.full(samples, value)
    named = None if groups is None else [f"g{n % groups}" for n in range(samples)]
    units = samples if named is None else len(set(named))
    counts = np.column_stack([values, np.ones(samples)])
    estimates = [stats.mean(values, named, rng), stats.corpus(counts, lambda sums: sums[:, 0] / sums[:, 1], named, rng)]
    estimates += [stats.rate(values, named)] if value != 0.5 else []
    for each in estimates:
        assert (each.low, each.high) == pytest.approx(stats.wilson(value, 0.0, units))
        assert 0 <= each.low <= value <= each.high <= 1
        assert each.high - each.low > 0.1
