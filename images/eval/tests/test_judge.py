"""The judge model: parsing, order, repeats, agreement, the cache; asked over HTTP."""

from typing import Any

import numpy as np
import orjson
import pytest
from judging import answers_in, grade_length, metric, prefer_longer, prepare
from stub import Stub
from world import World


def test_graded_and_cached_by_content(world: World) -> None:
    with Stub(model=grade_length) as stub:
        prepare(world, stub.url, ["aaaaa", "aaa", "", "a"], mode="graded", repeats=2)
        world.run("judge")
        world.run("score")
        assert sum(stub.asked.values()) == 6  # three answers, twice; the empty one is not asked about
        assert metric(world, "judge_graded")["value"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
        world.set(RUN_ID="uid-2")
        prepare(world, stub.url, ["aaaaa", "aaaa", "", "a"], mode="graded", repeats=2)
        result = world.run("judge")[-1]
        assert sum(stub.asked.values()) == 9  # the first question, and the changed answer
    assert (result["judged"], result["cached"], result["agreement"], result["spread"]) == (3, 3, 1.0, 0.0)
    assert max(stub.asked.values()) == 1


def test_repeats_that_disagree_are_averaged_and_reported(world: World) -> None:
    """The judge model changes its grade of the longer answer only: each repeat has another seed."""

    def moody(body: dict[str, Any]) -> str:
        return orjson.dumps(
            {"reason": "", "grade": 5 - 2 * (body["seed"] if answers_in(body)[0] == "aaa" else 0)}
        ).decode()

    with Stub(model=moody) as stub:
        prepare(world, stub.url, ["aaa", "a"], mode="graded", repeats=3)
        result = world.run("judge")[-1]
        world.run("score")
    assert [body["seed"] for body in stub.bodies if answers_in(body) == ["a"]] == [0, 1, 2]
    spread = np.std([1, 0.5, 0]) / 2  # the mean of both answers', of which one has none
    assert (result["agreement"], result["spread"]) == (0.5, pytest.approx(spread))
    assert metric(world, "judge_graded")["value"] == pytest.approx((0.5 + 1) / 2)
    assert metric(world, "judge_graded")["extra"]["spread"] == pytest.approx(spread)


def test_pairwise_asks_in_both_orders_so_that_a_preferred_place_favours_neither_version(world: World) -> None:
    with Stub(model=prefer_longer) as stub:
        prepare(world, stub.url, ["aa", "bb", "cc", "dd"], mode="pairwise")
        world.run("judge")
        world.run("score")
        assert not stub.asked  # no baseline yet: an even match
        world.set(ACCEPT="baseline")  # a person accepts the first version
        world.run("compare", "--verdict", f"{world.folder}/out/v")
        world.run("annotate")
        world.set(RUN_ID="uid-2", RUN_NAME="answers-2", ACCEPT="")
        prepare(world, stub.url, ["ee", "bbbb", "c", "dd"], mode="pairwise")
        result = world.run("judge")[-1]
        world.run("score")
        world.run("compare", "--verdict", f"{world.folder}/out/v")
    assert sum(stub.asked.values()) == 6  # "dd" is equal, and not asked about
    assert metric(world, "judge_pairwise")["value"] == pytest.approx((0.5 + 1 + 0 + 0.5) / 4)
    assert result["agreement"] == pytest.approx(2 / 3)  # alike in length: the first place won both times
    assert result["order_bias"] == pytest.approx(1 / 6)
    assert result["unjudged"] == 0
    entry = world.json(f"{world.root}/comparison.json")["metrics"]["judge_pairwise"]
    assert (entry["baseline"], entry["better"], entry["worse"]) == (0.5, 1, 1)


def test_a_rubric_is_weighted(world: World) -> None:
    rubric = [{"name": "true", "text": "is true", "weight": 3}, {"name": "short", "text": "is short", "weight": 1}]
    reply = orjson.dumps({"reason": "so", "grades": {"true": 5, "short": 3}}).decode()
    with Stub(model=lambda body: reply) as stub:
        prepare(world, stub.url, ["anything"], mode="rubric", rubric=rubric)
        world.run("judge")
        world.run("score")
    assert metric(world, "judge_rubric")["value"] == pytest.approx((3 * 1.0 + 1 * 0.5) / 4)


def test_an_answer_without_a_rating_is_left_out_and_too_many_are_inconclusive(world: World) -> None:
    texts = [f"answer {n}" for n in range(40)]

    def moody(body: dict[str, Any]) -> str:
        return "I would rather not." if answers_in(body)[0] == "answer 7" else '{"reason": "", "grade": 5}'

    with Stub(model=moody) as stub:
        prepare(world, stub.url, texts, mode="graded")
        assert world.run("judge")[-1]["unread"] == 1
        world.run("score")
        assert (metric(world, "judge_graded")["value"], metric(world, "judge_graded")["n"]) == (1.0, 39)
        assert world.json(f"{world.root}/scorecard.json")["samples"]["unjudged"] == 1
    with Stub(model=lambda body: moody(body) if answers_in(body)[0] < "answer 2" else "no") as stub:
        world.set(RUN_ID="uid-2", PIPELINE="other", ACCEPT="baseline")
        prepare(world, stub.url, texts, mode="graded")
        world.run("judge")
        world.run("score")
    assert decided(world) == ("inconclusive", "the judge model rated 12 of 40 answers; at most 5% may lack a rating")
    with Stub(model=lambda body: "no") as stub:
        world.set(RUN_ID="uid-3", PIPELINE="third")
        prepare(world, stub.url, texts, mode="graded")
        world.run("judge")
        message = world.run("score", code=65)[-1]["message"]
    assert message == "judge_graded: no sample has a value; the judge model rated no answer"


def decided(world: World) -> tuple[str, str]:
    world.run("compare", "--verdict", f"{world.folder}/out/v")
    result = world.json(f"{world.root}/comparison.json")
    return result["verdict"], result["reason"]


def pairwise(world: World, stub: Stub, model: Any) -> tuple[str, str]:
    """A baseline, and a second run of other answers that a judge model compares with it."""
    stub._model = model
    for number, word in ((1, "one"), (2, "two")):
        world.set(RUN_ID=f"uid-{number}", RUN_NAME=f"answers-{number}", ACCEPT="baseline" if number == 1 else "")
        prepare(world, stub.url, [f"{word} {n}" for n in range(200)], mode="pairwise")
        world.run("judge")
        world.run("score")
        if number == 1:
            decided(world)
            world.run("annotate")
    return decided(world)


@pytest.mark.parametrize(
    ("better", "reason"),
    [
        (lambda body: "A", "the judge model prefers the first place in 100% of its votes"),
        (lambda body: "B", "the judge model prefers the second place in 100% of its votes"),
        (lambda body: "A" if int(answers_in(body)[0].split()[1]) % 2 else "B",
         "the judge model contradicts itself on 100% of the answers"),
    ],
)  # fmt: skip
def test_a_judge_model_that_looks_at_the_place_decides_nothing(world: World, better: Any, reason: str) -> None:
    """Both orders of each answer give 0.5 then, which would be an even match without any spread."""
    with Stub() as stub:
        verdict, why = pairwise(world, stub, lambda body: f'{{"reason": "", "better": "{better(body)}"}}')
    assert (verdict, why) == ("inconclusive", reason)


@pytest.mark.parametrize(
    ("then", "now", "verdict"),
    [
        ({"model": "j-1"}, {"model": "j-1"}, "pass"),
        ({"model": "j-1", "system_fingerprint": "a"}, {"model": "j-1", "system_fingerprint": "b"}, "pass"),
        ({"model": "j-1"}, {}, "pass"),  # nothing says that it is another
        ({"model": "j-1"}, {"model": "j-2"}, "inconclusive"),
        ({"model": "judge-2026-01"}, {"model": "judge"}, "inconclusive"),
    ],
)
def test_ratings_of_two_models_behind_one_address_are_not_compared(
    world: World, then: dict[str, str], now: dict[str, str], verdict: str
) -> None:
    with Stub(model=grade_length) as stub:
        for number, stub.served in ((1, then), (2, now)):
            world.set(RUN_ID=f"uid-{number}", RUN_NAME=f"answers-{number}", ACCEPT="baseline" if number == 1 else "")
            prepare(world, stub.url, ["xx"] * 200, mode="graded")
            world.run("judge")
            world.run("score")
            result, reason = decided(world)
            world.run("annotate")
    assert result == verdict
    rated = f"judge_graded was rated by {then['model']}, but now by {now.get('model')}, which the judge model's address"
    assert (rated in reason) == (verdict != "pass")


def test_a_judge_model_whose_grades_are_far_apart_decides_nothing(world: World) -> None:
    def moody(body: dict[str, Any]) -> str:
        return orjson.dumps({"reason": "", "grade": 1 + 4 * (body["seed"] % 2)}).decode()

    with Stub(model=moody) as stub:
        prepare(world, stub.url, [f"answer {n}" for n in range(10)], mode="graded", repeats=2)
        world.run("judge")
        world.run("score")
    world.set(ACCEPT="baseline")
    assert decided(world) == ("inconclusive", "the judge model's grades of one answer are 0.50 apart (0 to 1)")
