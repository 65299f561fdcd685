"""compare and gate: what passes against a baseline, and what becomes one."""

import datetime
import shutil

import pytest
from evaluation import metrics, paired
from runtime import objects
from scoring import BASELINES, compared, next_run, pass_first, sample, scored
from world import World


def test_a_person_does_not_overrule_a_baseline(world: World) -> None:
    """It is warnings before anything is asked."""
    pass_first(world, [True] * 20)
    next_run(world, 2)
    world.set(ACCEPT="7")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == (
        "accept=7: there is a baseline 'last-pass' (run answers-1), which decides; start without accept"
    )


def test_a_person_replaces_a_baseline_that_is_unfit(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    world.set(ACCEPT="baseline")
    pass_first(world, [True] * 21)
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-2"


def test_a_worse_model_fails_and_the_baseline_stays(world: World) -> None:
    pass_first(world, [n % 10 != 0 for n in range(400)], "exact_match,bleu")
    next_run(world, 2)
    scored(world, [n % 10 > 1 for n in range(400)], "exact_match,bleu")
    comparison = compared(world)
    entry = comparison["metrics"]["exact_match"]
    assert (comparison["verdict"], entry["better"], entry["worse"]) == ("fail", 0, 40)
    assert entry["p"] == pytest.approx(paired.mcnemar(0, 40))
    assert comparison["reason"].startswith("worse beyond chance by 0.05 or more: exact_match 0.900 -> 0.800")
    assert world.run("gate", code=1)[-1]["message"] == comparison["reason"]
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-1"


def test_too_few_samples_are_inconclusive_and_say_how_many_more(world: World) -> None:
    pass_first(world, [True, True, False] * 10)
    next_run(world, 2)
    scored(world, [True, False, True] * 10)
    comparison = compared(world)
    assert comparison["verdict"] == "inconclusive"
    more = comparison["metrics"]["exact_match"]["more"]
    assert comparison["reason"] == f"inconclusive: exact_match; about {more:,} more samples would settle it"
    assert world.run("gate")[-1]["message"].endswith("; the alias and the baseline stay as they were")
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-1"


def test_the_same_model_passes_and_becomes_the_baseline(world: World) -> None:
    pass_first(world, [n % 3 > 0 for n in range(300)])
    next_run(world, 2)
    scored(world, [n % 3 > 0 for n in range(300)])
    assert compared(world)["reason"] == "no metric is worse by 0.05 or more (95 % intervals)"
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-2"


def test_a_new_dataset_waits_for_a_person_and_says_so_before_anything_is_asked(world: World) -> None:
    pass_first(world, [True] * 20)
    ours = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    next_run(world, 2)
    world.dataset([sample(n) for n in range(21)])
    warnings = [line for line in world.run("load", "--out", f"{world.folder}/out") if line["event"] == "no_comparison"]
    scored(world, [True] * 21)
    theirs = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    why = (
        f"baseline 'last-pass' (run answers-1): scored on docs-qa@v1 (sha256 {ours}), but this run on docs-qa@v1 "
        f"(sha256 {theirs})"
    )
    assert warnings[0]["message"] == f"{why}; the verdict can be inconclusive at best, until a person accepts a run"
    result = compared(world)
    assert (result["verdict"], result["baseline"]) == ("inconclusive", None)
    assert result["reason"].startswith(f"{why}, and a run does not accept its own model: a person does, with dac run")
    world.run("annotate")
    assert world.json(f"{BASELINES}/last-pass/scorecard.json")["run"] == "answers-1"


def test_a_new_metric_is_decided_by_its_floor_or_by_a_person_and_the_others_by_the_baseline(world: World) -> None:
    pass_first(world, [n % 10 > 0 for n in range(400)])
    next_run(world, 2)
    scored(world, [n % 10 > 0 for n in range(400)], "exact_match,token_f1")
    result = compared(world)
    assert (result["verdict"], result["metrics"]["exact_match"]["verdict"]) == ("inconclusive", "pass")
    assert result["new"] == {"token_f1": "baseline 'last-pass' (run answers-1): has no token_f1"}
    world.set(FLOORS="token_f1=0.85")
    assert compared(world)["verdict"] == "pass"
    world.set(FLOORS="token_f1=0.95")
    result = compared(world)
    assert (result["verdict"], result["reason"]) == ("fail", "token_f1 0.900 is below its floor 0.95")
    world.set(FLOORS="", ACCEPT="baseline")
    assert compared(world)["verdict"] == "pass"
    scored(world, [n % 10 > 2 for n in range(400)], "exact_match,token_f1")
    assert compared(world)["verdict"] == "fail"  # a person accepts what is new, not what is worse


def test_a_stale_baseline_and_one_of_other_rules_are_not_compared(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    scored(world, [True] * 20)
    path = world.path(f"{BASELINES}/last-pass/scorecard.json")
    fresh = path.read_text()
    rules = metrics.METRICS["exact_match"].signature
    path.write_text(fresh.replace(f'"{rules}"', '"squad|v0"'))
    assert f"exact_match was computed by squad|v0, but now by {rules}" in compared(world)["reason"]
    old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    created = world.json(f"{world.root}/scorecard.json")["created"]
    path.write_text(fresh.replace(fresh.split('"created": "')[1][:20], old))
    assert created != old
    result = compared(world)
    assert result["verdict"] == "inconclusive"
    assert "(run answers-1): 100 days old; at most 90 are allowed" in result["reason"]


def test_small_drops_do_not_add_up(world: World) -> None:
    """Each version is 0.03 below the last that passed, within the margin of 0.05 of it, and not of the best."""
    pass_first(world, [n < 1800 for n in range(2000)])
    verdicts = []
    for number in range(2, 6):
        next_run(world, number)
        scored(world, [n < 1800 - 60 * (number - 1) for n in range(2000)])
        result = compared(world)
        verdicts.append(result["verdict"])
        world.run("annotate")
    assert verdicts == ["pass", "fail", "fail", "fail"]
    assert result["best"]["baseline"]["run"] == "answers-1"
    assert result["metrics"]["exact_match"]["baseline"] == 0.87


def test_the_best_baseline_moves_with_a_run_that_is_as_good_in_every_metric(world: World) -> None:
    best = f"{BASELINES}/last-pass.best/scorecard.json"
    pass_first(world, [n < 1600 for n in range(2000)])
    for number, right, expected in ((2, 1580, "answers-1"), (3, 1600, "answers-3"), (4, 1700, "answers-4")):
        next_run(world, number)
        scored(world, [n < right for n in range(2000)])
        assert compared(world)["verdict"] == "pass"
        world.run("annotate")
        assert (world.json(best)["run"], number) == (expected, number)


def test_a_pipeline_from_before_there_was_a_best_baseline_begins_with_its_last_pass(world: World) -> None:
    pass_first(world, [n < 1800 for n in range(2000)])
    shutil.rmtree(world.path(f"{BASELINES}/last-pass.best"))
    next_run(world, 2)
    scored(world, [n < 1740 for n in range(2000)])
    assert compared(world)["best_next"] == "last"
    world.run("annotate")
    kept = [world.json(f"{BASELINES}/{name}/scorecard.json")["run"] for name in ("last-pass", "last-pass.best")]
    assert kept == ["answers-2", "answers-1"]


def test_a_margin_that_is_not_a_number(world: World) -> None:
    scored(world, [True] * 3)
    world.set(MARGIN="")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"].startswith("MARGIN: ")
    world.set(FLOORS="bleu=0.5", MARGIN="0.1")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == (
        "FLOORS: 'bleu' is not a metric of this suite; it has exact_match"
    )
    world.set(FLOORS="")
    assert compared(world, margin="", code=65) == "MARGIN: '' is not a number; write one such as 0.02"


def test_the_fixed_point_of_each_metric_outlives_a_metric_that_is_added(world: World) -> None:
    """The best baseline lacks the new metric: it keeps the others, and gets that one from the run that brought it."""
    pass_first(world, [n < 1800 for n in range(2000)])
    world.set(FLOORS="token_f1=0.5")
    verdicts = []
    for number, right in ((2, 1760), (3, 1730), (4, 1690)):
        next_run(world, number)
        scored(world, [n < right for n in range(2000)], "exact_match,token_f1")
        result = compared(world)
        verdicts.append(result["verdict"])
        world.run("annotate")
    assert verdicts == ["pass", "pass", "fail"]
    assert {name: entry["baseline"] for name, entry in result["metrics"].items()} == {
        "exact_match": 0.865, "token_f1": 0.865,
    }  # fmt: skip
    assert {name: entry["baseline"] for name, entry in result["best"]["metrics"].items()} == {
        "exact_match": 0.9, "token_f1": 0.88,
    }  # fmt: skip


def test_a_dataset_of_another_name_and_the_same_bytes_is_compared(world: World) -> None:
    pass_first(world, [True] * 100)
    next_run(world, 2)
    world.dataset([sample(n) for n in range(100)], "docs-questions@v1")
    assert not [line for line in world.run("load", "--out", f"{world.folder}/out") if line["event"] == "no_comparison"]
    world.answers([{"id": f"q{n}", "text": f"w{n}"} for n in range(100)])
    world.run("score")
    assert (compared(world)["verdict"], world.json(f"{world.root}/scorecard.json")["dataset"]["name"]) == (
        "pass", "docs-questions@v1",
    )  # fmt: skip


@pytest.mark.parametrize("number", ["nan", ".nan", "inf", "-inf", "1e999", "0,02"])
def test_a_gate_of_a_number_that_is_none_lets_nothing_through(world: World, number: str) -> None:
    """Nothing is below a floor that is not a number."""
    scored(world, [True] * 3)
    world.set(FLOORS=f"exact_match={number}")
    assert "is not a number" in compared(world, code=65) or number == "0,02"
    world.set(FLOORS="")
    assert compared(world, margin=number, code=65).startswith("MARGIN: ")


def test_a_floor_of_a_metric_that_scores_no_sample_does_not_hold(world: World) -> None:
    scored(world, [True] * 20, "exact_match,token_f1")
    card = world.json(f"{world.root}/scorecard.json")
    del card["metrics"]["token_f1"]  # as score leaves out what no sample is scored by
    objects.write_json(f"{world.root}/scorecard.json", card)
    world.set(FLOORS="token_f1=0.5,exact_match=0.5", ACCEPT="baseline")
    result = compared(world)
    assert (result["verdict"], result["reason"]) == ("inconclusive", "token_f1 has a floor and scores no sample")
