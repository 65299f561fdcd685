"""score: what counts against a model, and what a scorecard shows of its answers."""

import math
from typing import Any

import pytest
from evaluation import metrics
from scoring import compared, next_run, pass_first, sample, scored
from world import World


def test_failed_and_empty_answers_count_against_the_model(world: World) -> None:
    world.dataset([sample(n) for n in range(5)])
    world.set(METRICS="exact_match,token_f1,bleu,json_valid", ENDPOINT={"name": "docs"})
    world.load()
    world.answers([{"id": "q0", "text": "w0"}, {"id": "q1", "text": " \n"}, {"id": "q2", "error": "HTTP 500"},
                   {"id": "q3", "text": "w3"}])  # fmt: skip
    message = world.run("score")[-1]["message"]
    card = world.json(f"{world.root}/scorecard.json")
    assert card["samples"] == {"total": 5, "answered": 2, "empty": 1, "failed": 2, "unjudged": 0, "cut": 0}
    assert {name: (entry["value"], entry["n"]) for name, entry in card["metrics"].items()} == {
        "exact_match": (0.4, 5), "token_f1": (0.4, 5), "bleu": (0.0, 5), "json_valid": (0.0, 5),
    }  # fmt: skip
    assert message == "3 answers failed or empty; counted as 0 in every metric"


def test_no_nan_enters_a_mean(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(answer: str, sample: dict[str, Any]) -> float:
        return math.nan if answer == "other" else 1.0

    monkeypatch.setitem(metrics.METRICS, "odd", metrics.Metric("mean", (), "text", "odd", odd))
    entry = scored(world, [True, False, True, True], "odd")["metrics"]["odd"]
    assert (entry["value"], entry["n"], entry["invalid"]) == (0.75, 4, 1)
    assert all(math.isfinite(entry[name]) for name in ("standard_error", "low", "high"))


def test_groups_are_clusters_in_the_scorecard(world: World) -> None:
    right = [n // 10 % 2 == 0 for n in range(100)]  # ten documents, each all right or all wrong
    alone = scored(world, right)["metrics"]["exact_match"]
    next_run(world, 2)
    together = scored(world, right, group=lambda n: f"d{n // 10}")["metrics"]["exact_match"]
    assert alone["standard_error"] == pytest.approx(0.0503, abs=1e-4)
    assert together["standard_error"] == pytest.approx(0.1667, abs=1e-4)
    assert together["high"] - together["low"] > 2 * (alone["high"] - alone["low"])


def test_another_model_in_the_middle_of_a_run_is_a_finding(world: World) -> None:
    """And another fingerprint is shown: a provider has several servers at once."""
    pass_first(world, [True] * 100)
    next_run(world, 2)
    scored(world, [True] * 100)
    for second, verdict, code in ((("m-2", "b"), "pass", "fingerprint_changed"), (("m-3", "a"), "inconclusive",
                                                                                  "model_changed")):  # fmt: skip
        names = [("m-2", "a")] * 60 + [second] * 40
        world.answers(
            [{"id": f"q{n}", "text": f"w{n}", "model": m, "fingerprint": f} for n, (m, f) in enumerate(names)]
        )
        world.run("score")
        result = compared(world)
        assert (result["verdict"], [each["code"] for each in result["findings"]]) == (verdict, [code])
    assert result["reason"] == "the endpoint answered as m-2 and as m-3 in one run"
    assert world.json(f"{world.root}/scorecard.json")["served"][0] == {
        "model": "m-2", "fingerprint": "a", "answers": 60
    }  # fmt: skip


def test_a_cut_answer_is_shown_in_samples_scorecard_report_and_gate(world: World) -> None:
    pass_first(world, [True] * 100)
    next_run(world, 2)
    scored(world, [True] * 100)
    world.answers([{"id": f"q{n}", "text": f"w{n}", "finish": "length" if n < 3 else "stop"} for n in range(100)])
    world.run("score")
    assert world.json(f"{world.root}/scorecard.json")["samples"]["cut"] == 3
    result = compared(world)
    message = "3 of 100 answers cut at the longest length (3.0%): raise max_tokens"
    assert (result["verdict"], [each["message"] for each in result["findings"]]) == ("pass", [message])
    world.run("report")
    html = world.path(f"{world.root}/report.html").read_text()
    assert message in html
    assert html.count('<span class="fail">cut</span>') == 3
    assert message.replace("_", "\\_") in world.path(f"{world.root}/report.md").read_text()
    assert [line["message"] for line in world.run("gate") if line["event"] == "answers_cut"] == [message]


def test_a_reference_that_thinks_is_read_as_its_answer_is(world: World) -> None:
    """Held-out rows of a training that learns to think: a perfect answer scored 0."""
    thought = "<think>\nturned\n</think>\n\n"
    for number, (blocks, right) in enumerate((("strip", 1.0), ("keep", 1.0), ("strip", 0.0)), start=1):
        next_run(world, number)
        world.set(THINKING=blocks)
        scored(world, [True] * 20, references=lambda n: [f"{thought}w{n}"])
        world.answers([{"id": f"q{n}", "text": f"{thought}{'w' if right else 'v'}{n}"} for n in range(20)])
        world.run("score")
        assert world.json(f"{world.root}/scorecard.json")["metrics"]["exact_match"]["value"] == right
