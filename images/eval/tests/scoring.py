"""Runs an evaluation's steps on answers whose right result is known."""

from typing import Any

from world import World

BASELINES = "s3://dac-artifacts/team-docs/answers/baselines"


def sample(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"], **fields}


def scored(
    world: World,
    right: list[bool],
    metric_names: str = "exact_match",
    endpoint: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Runs load and score on answers of which these are right."""
    world.dataset([sample(n, **{key: value(n) for key, value in fields.items()}) for n in range(len(right))])
    reach = {"name": "docs", "model": "m-2"} | (endpoint or {})
    world.set(METRICS=metric_names, ENDPOINT=reach, SIZING={"shard_samples": 5000})
    world.load()
    world.answers([{"id": f"q{n}", "text": f"w{n}" if ok else "other"} for n, ok in enumerate(right)])
    world.run("score")
    return dict(world.json(f"{world.root}/scorecard.json"))


def compared(world: World, margin: str = "0.05", code: int = 0) -> Any:
    world.set(MARGIN=margin)
    result = world.run("compare", "--verdict", f"{world.folder}/out/verdict", code=code)
    return world.json(f"{world.root}/comparison.json") if code == 0 else result[-1]["message"]


def next_run(world: World, number: int) -> None:
    world.set(RUN_ID=f"uid-{number}", RUN_NAME=f"answers-{number}")


def pass_first(world: World, right: list[bool], names: str = "exact_match") -> None:
    """Makes a run the baseline, as whoever started it by hand asked."""
    scored(world, right, names)
    world.set(ACCEPT="baseline")
    assert compared(world)["reason"] == (
        "accepted as 'baseline' by who started the run: it becomes the baseline 'last-pass'"
    )
    world.run("annotate")
    world.run("gate")
    world.set(ACCEPT="")
