"""Models that an endpoint serves: they have one, which bears what all pods together ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from changed_catalog import problems
from dac.model import Repository

ROOT = Path(__file__).parents[2]


def change(**facts: Any) -> Any:
    """Return a change of the served model's facts."""
    return lambda models: models["served-minilm"].update(facts)


def test_a_served_model_has_an_endpoint(repository: Repository) -> None:
    def named_otherwise(models: dict[str, Any]) -> None:
        models["other"] = models.pop("served-minilm")

    (message,) = problems(repository, "models", named_otherwise)
    assert message == ('catalog.models: "other" is served by an endpoint, and endpoints.yaml has no "embedder-other"')


def test_all_pods_together_ask_no_more_than_it_bears(repository: Repository) -> None:
    assert problems(repository, "models", change(concurrency=4, limit=16)) == []
    (message,) = problems(repository, "models", change(concurrency=5, limit=16))
    assert message.startswith("catalog.crowd: served-minilm may be asked 20 times at once")


@pytest.mark.parametrize("facts", [{"api": "grpc"}, {"price": {}}, {"batch": 0}, {"pooling": "mean"}])
def test_facts_of_another_shape_are_findings(facts: dict[str, Any], repository: Repository) -> None:
    assert problems(repository, "models", change(**facts))


def test_its_slots_are_a_semaphore_and_a_model_with_weights_waits_for_nobody() -> None:
    limits = yaml.safe_load((ROOT / "standards/platform/rendered/limits.yaml").read_text())["data"]
    assert (limits["embedder-served-minilm"], limits["embedder-all-minilm-l6-v2"]) == ("4", "1000")
