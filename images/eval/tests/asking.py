"""What the tests of infer share: an endpoint's facts, questions, and a look at what was recorded."""

from typing import Any

from evaluation import answers
from runtime import objects
from world import World

SAMPLES = 300
QUICK = {
    "name": "docs",
    "api": "chat",
    "model": "m",
    "concurrency": 32,
    "request_seconds": 30,  # a busy machine does not make the endpoint faulty
    "backoff": 0.02,
    "give_up": 8,
}


def questions(count: int = SAMPLES) -> list[dict[str, Any]]:
    return [{"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"]} for n in range(count)]


def prepare(world: World, url: str, count: int = SAMPLES, **facts: Any) -> None:
    world.dataset(questions(count))
    world.set(METRICS="exact_match", SIZING={"shard_samples": 1000}, ENDPOINT=QUICK | facts, ENDPOINT_URL=url)
    world.load()


def recorded(world: World) -> dict[str, dict[str, Any]]:
    """Every record, and none twice."""
    records = list(answers.read(answers.folder(world.root, 0)))
    parts = objects.listing(answers.folder(world.root, 0))
    lines = sum(len(list(objects.lines(part))) for part in parts)
    assert lines == len(records) == len({record["id"] for record in records})
    return {record["id"]: record for record in records}


def all_right(world: World, count: int = SAMPLES) -> bool:
    records = recorded(world)
    return {key: record.get("text") for key, record in records.items()} == {f"q{n}": f"w{n}" for n in range(count)}
