"""A run without a baseline: what it decides, and what it leaves to a person."""

import pytest
from scoring import compared, next_run, sample, scored
from world import World


def test_a_run_without_a_baseline_does_not_accept_itself(world: World) -> None:
    """Not even by a second run that is as bad: nothing becomes the baseline without a person."""
    for number in (1, 2):
        next_run(world, number)
        scored(world, [False] * 20)
        result = compared(world)
        assert (result["verdict"], result["reason"]) == (
            "inconclusive",
            "no baseline 'last-pass' yet, and a run does not accept its own model: a person does, with "
            "dac run --cluster team-docs/answers -p accept=VERSION, or with --accept of dac evaluate",
        )
        world.run("annotate")
        assert world.run("gate")[-1]["event"] == "gate_open"
        assert not world.path("s3://dac-artifacts/team-docs/answers/baselines").exists()


@pytest.mark.parametrize(("failed", "accepted"), [(1, True), (2, False)])
def test_a_first_run_with_failed_or_empty_answers_is_not_accepted(world: World, failed: int, accepted: bool) -> None:
    world.dataset([sample(n) for n in range(20)])
    world.set(METRICS="exact_match", ENDPOINT={"name": "docs"}, ACCEPT="baseline")
    world.load()
    world.answers([{"id": f"q{n}", "text": f"w{n}" if n >= failed else ""} for n in range(20)])
    world.run("score")
    result = compared(world)
    assert (result["verdict"] == "pass") is accepted
    if not accepted:
        assert result["reason"] == "2 of 20 answers failed or empty (10.0%); at most 5.0% may be"
        world.set(MOST_FAILED="0.1")
        assert compared(world)["verdict"] == "pass"


def test_a_first_run_below_its_floor_fails_and_one_of_nothing_right_is_not_accepted(world: World) -> None:
    scored(world, [n < 9 for n in range(20)])
    world.set(ACCEPT="baseline", FLOORS="exact_match=0.5")
    result = compared(world)
    assert (result["verdict"], result["reason"]) == ("fail", "exact_match 0.450 is below its floor 0.5")
    world.set(FLOORS="")
    scored(world, [False] * 20)
    assert compared(world)["reason"] == "not accepted: exact_match 0; give a floor of 0 to accept that"
