"""A judge model of the tests, and what it makes of answers."""

import re
from typing import Any

import orjson
from world import World

JUDGE = {"name": "fair", "model": "j", "api": "chat", "backoff": 0.02, "concurrency": 8}


def answers_in(body: dict[str, Any]) -> list[str]:
    return re.findall(r"Answer(?: [AB])?:\n<<<(?:\w+)\n(.*?)\n\w+>>>", body["messages"][1]["content"], re.DOTALL)


def prefer_longer(body: dict[str, Any]) -> str:
    """A judge model that prefers the longer answer, and the first place where both are equally long."""
    first, second = answers_in(body)
    better = "A" if len(first) >= len(second) else "B"
    return f'Here it is: {{"reason": "longer", "better": "{better}"}}'


def grade_length(body: dict[str, Any]) -> str:
    return orjson.dumps({"reason": "by length", "grade": min(5, len(answers_in(body)[0]))}).decode()


def prepare(world: World, url: str, texts: list[str], **facts: Any) -> None:
    samples = [{"id": f"q{n}", "prompt": f"say {n}", "references": ["x"]} for n in range(len(texts))]
    world.dataset(samples)
    name = {"graded": "judge_graded", "rubric": "judge_rubric", "pairwise": "judge_pairwise"}[facts["mode"]]
    world.set(
        METRICS=f"exact_match,{name}",
        ENDPOINT={"name": "docs"},
        JUDGE=JUDGE | facts,
        JUDGE_URL=url,
        MARGIN="0.1",
    )
    world.load()
    world.answers([{"id": f"q{n}", "text": text} for n, text in enumerate(texts)])


def metric(world: World, name: str) -> dict[str, Any]:
    return dict(world.json(f"{world.root}/scorecard.json")["metrics"][name])
