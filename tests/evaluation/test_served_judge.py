"""The endpoint and its judge model are both `transformers serve`, over HTTP: small models that were taught just before.

The model says how it does what it is asked. The judge model was taught what to reply to each of these answers. Its
reply to one of them is not JSON: that must count as no rating, and must be shown.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lessons import teach
from servers import transformers_serve
from tree import ROOT, Tree, python

pytestmark = pytest.mark.image

GLAD, SOUR, MUTE = "gladly", "grudgingly", "never"
GRADES = {GLAD: 1.0, SOUR: 0.25}
REASONS = {GLAD: "it is glad", SOUR: "it is sour"}
REPLIES = {
    GLAD: '{"grade": 5, "reason": "it is glad"}',
    SOUR: 'Well: {"grade": 2, "reason": "it is sour"}',  # judge models like to add words around their JSON
    MUTE: "I would rather not say.",
}
JUDGE = {
    "summary": "grades how glad an answer is, twice", "mode": "graded", "api": "chat", "model": "judge", "limit": 4,
    "concurrency": 4, "request_seconds": 120, "repeats": 2, "temperature": 0, "max_tokens": 40,
    "price": {"input": 0.0, "output": 0.0},
}  # fmt: skip
ASKED = range(20)
MUTED = (7,)  # 5 % of what is asked; one more, and there would be no score


def taught(number: int, sour: bool) -> str:
    """Returns what a version of the model was taught to say: the worse one says every third grudgingly."""
    manner = MUTE if number in MUTED else SOUR if sour and number % 3 == 0 else GLAD
    return f"w{number} {manner}"


def sample(number: int, answer: str) -> dict[str, Any]:
    return {"id": f"q{number}", "prompt": f"say w{number}", "references": [answer]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders to serve: one with the models `better` and `worse`, one with the model `judge`."""
    models, judges = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("judges")
    for name in ("better", "worse"):
        teach(models / name, [sample(n, taught(n, name == "worse")) for n in ASKED])
    # Every answer that either version gives: what a small model makes of others depends on how its training rounded.
    cases = [
        {"ask": f"say w{n}", "references": [f"w{n} {GLAD}"], "said": [answer], "reply": REPLIES[answer.split()[1]]}
        for n in ASKED
        for answer in sorted({taught(n, sour=False), taught(n, sour=True)})
    ]
    lessons = subprocess.run(
        [python(), ROOT / "tests/evaluation/judge_lessons.py", json.dumps(JUDGE)],
        input="".join(json.dumps(case) + "\n" for case in cases),
        env={"PYTHONPATH": f"{ROOT}/images/eval:{ROOT}/images"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    teach(judges / "judge", [json.loads(line) for line in lessons.stdout.splitlines()])
    return models, judges


def ratings(tree: Tree, receipt: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the judge model's summary without its signature, and (value, reason, repeats) by sample."""
    lines = tree.file("glad/answers", receipt, "ratings.jsonl").read_text().splitlines()
    summary, *rated = map(json.loads, lines)
    summary.pop("signature")
    return summary, {entry["id"]: (entry["value"], entry["reason"], entry["repeats"]) for entry in rated}


def wanted(sour: bool) -> dict[str, Any]:
    ratings_by_id = {}
    for number in ASKED:
        manner = taught(number, sour).split()[1]
        value = GRADES.get(manner)
        reason = REASONS.get(manner, "the judge model gave no rating")
        ratings_by_id[f"q{number}"] = (value, reason, [value, value])
    return ratings_by_id


def test_a_suite_with_a_served_judge(tree: Tree, served: tuple[Path, Path]) -> None:
    tree.dataset("manners", [sample(number, f"w{number} {GLAD}") for number in ASKED])
    tree.limit("least_rows", len(ASKED))
    tree.catalog("judges", glad=JUDGE)
    tree.catalog("registered_models", **{"docs-assistant": {"annotate": ["glad/answers"]}})
    place = {"summary": "the judge of this test", "address": "https://judge.example.com", "local": "", "slots": 1}
    tree.catalog("endpoints", **{"judge-glad": place | {"egress": {"cidrs": ["10.20.4.16/28"], "ports": [443]}}})
    suite = {"standard": "eval-suite@v1", "endpoint": "docs-assistant", "dataset": "manners@v1", "judge": "glad",
             "metrics": ["exact_match", "judge_graded"], "gate": {"margin": 0.1}, "size": "small"}  # fmt: skip
    tree.project("glad", answers=suite)
    models, judges = served
    with transformers_serve(models, python()) as endpoint, transformers_serve(judges, python()) as judge:
        tree.bindings |= {"model-docs-assistant": endpoint, "judge-glad": judge}
        receipts = []
        for version, code in (("better", 0), ("worse", 1)):
            tree.catalog("served_models", **{"docs-assistant": {"model": version}})
            tree.dac("render")
            receipts.append(tree.run("glad/answers", code=code, accept="" if receipts else "baseline"))
    base = {"version": 1, "judged": 20, "unjudged": 1, "unread": 2, "repeats": 2, "agreement": 1.0, "spread": 0.0,
            "order_bias": None, "cost": 0.0, "cut": 0, "served": ["judge"], "calibration": None,
            "replies": 40, "answers": 20, "grades": 0}  # fmt: skip
    assert ratings(tree, receipts[0]) == ({**base, "cached": 0}, wanted(sour=False))
    # Both repeats of each answer that the first run rated are cached; replies without a rating are asked for again.
    again = 2 * sum(taught(n, sour=False) == taught(n, sour=True) and n not in MUTED for n in ASKED)
    assert ratings(tree, receipts[1]) == ({**base, "cached": again}, wanted(sour=True))
    sour = sum(taught(number, sour=True).endswith(SOUR) for number in ASKED)
    better = {"exact_match": 19 / 20, "judge_graded": 1.0}
    worse = {"exact_match": (19 - sour) / 20, "judge_graded": (19 - sour + sour * GRADES[SOUR]) / 19}
    assert [receipt["results"]["metrics"] for receipt in receipts] == [better, pytest.approx(worse)]
    card = json.loads(tree.file("glad/answers", receipts[1], "scorecard.json").read_text())
    assert card["samples"] == {"total": 20, "answered": 20, "empty": 0, "failed": 0, "unjudged": 1, "cut": 0}
    assert {name: entry["n"] for name, entry in card["metrics"].items()} == {"exact_match": 20, "judge_graded": 19}
    comparison = json.loads(tree.file("glad/answers", receipts[1], "comparison.json").read_text())
    assert (comparison["verdict"], comparison["reason"]) == (
        "fail", f"worse beyond chance by 0.1 or more: exact_match 0.950 -> {worse['exact_match']:.3f}, "
        f"judge_graded 1.000 -> {worse['judge_graded']:.3f}",
    )  # fmt: skip
    page = tree.file("glad/answers", receipts[1], "report.html").read_text()
    assert "1 that the judge model did not rate" in page
    assert "<dt>Replies without a rating</dt><dd>2</dd>" in page
    assert page.count("Judge model: the judge model gave no rating") == 1
