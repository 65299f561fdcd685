"""What a run will cost, beside what it did."""

import pytest
from asking import QUICK, questions
from evaluation import forecast
from judging import JUDGE, grade_length
from stub import Stub
from world import World

PRICE = {"input": 1.0, "output": 10.0}


def test_without_a_baseline_it_is_the_most_that_the_run_can_cost() -> None:
    asked = [{"prompt": "x" * 299}, {"messages": [{"role": "user", "content": "x" * 293}]}]
    assert forecast.of_model(asked, PRICE, 50.0) == pytest.approx((2 * 100 * 1.0 + 2 * 50 * 10.0) / 1e6)
    assert forecast.of_model([{"query": "why?"}], PRICE, 50.0) == 0.0


def test_answers_are_taken_to_be_as_long_as_the_baselines() -> None:
    baseline = {"usage": {"output_tokens": 700.0}, "samples": {"total": 100}}
    assert forecast.answer_tokens(baseline, 64) == 7.0
    assert forecast.answer_tokens({"usage": {"output_tokens": 0.0}, "samples": {"total": 100}}, 64) == 64.0
    assert forecast.answer_tokens(None, 64) == 64.0


def test_a_judge_is_asked_each_round_in_both_orders() -> None:
    asked = [{"prompt": "why?", "references": ["so"]}]
    graded, pairwise = ({"mode": mode, "model": "j", "price": {"output": 10.0}} for mode in ("graded", "pairwise"))
    assert forecast.of_judge_model(asked, graded, 8.0) == pytest.approx(300 * 10 / 1e6)
    assert forecast.of_judge_model(asked, pairwise | {"repeats": 3}, 8.0) == pytest.approx(6 * 300 * 10 / 1e6)
    assert forecast.of_judge_model(asked, {"name": "none"}, 8.0) == 0.0


def test_the_receipt_holds_both(world: World) -> None:
    """The first run is foreseen at its most, the second by the first's own answers; the verdicts are known by then."""
    spent = []
    with Stub() as stub, Stub(model=grade_length) as judge:
        for number in (1, 2):
            world.set(ACCEPT="baseline" if number == 1 else "")  # a person accepts the first version
            world.set(RUN_ID=f"uid-{number}", RUN_NAME=f"answers-{number}", MARGIN="0.1")
            world.dataset(questions(40))
            world.set(METRICS="exact_match,judge_graded", SIZING={"shard_samples": 1000, "max_tokens": 200})
            world.set(ENDPOINT=QUICK | {"price": PRICE}, ENDPOINT_URL=stub.url)
            world.set(JUDGE=JUDGE | {"mode": "graded", "price": PRICE}, JUDGE_URL=judge.url)
            world.load()
            world.run("infer", "--shard", "0")
            world.run("judge")
            world.run("score")
            world.run("compare", "--verdict", f"{world.folder}/out/v")
            world.run("annotate")
            world.set(STATUS="Succeeded")
            world.run("finish")
            spent.append(world.json(f"s3://dac-artifacts/team-docs/answers/receipts/answers-{number}.json")["cost"])
    asking = (40 * 10 * 1.0 + 40 * 1 * 10.0) / 1e6  # the stub counts 10 tokens in and a word out
    judging = (40 * 10 * 1.0 + 40 * 2 * 10.0) / 1e6
    assert spent[0]["actual"] == pytest.approx(asking + judging)
    assert spent[0]["predicted"] > 40 * (200 + 300) * 10.0 / 1e6 > spent[0]["actual"]
    assert spent[1]["actual"] == pytest.approx(asking + judging / 40)  # every grade but the first is kept
    assert spent[1]["predicted"] < spent[0]["predicted"] / 1.5


def test_a_run_that_may_hit_its_limit_says_so_at_the_start(world: World) -> None:
    world.dataset(questions(40))
    world.set(METRICS="exact_match", ENDPOINT=QUICK | {"price": PRICE}, SIZING={"max_tokens": 200, "cost_limit": 0.01})
    message = world.run("load", "--out", f"{world.folder}/out")[-1]["message"]
    assert message == "the answers may cost 0.08012, but the size allows 0.01: the run may stop early"
