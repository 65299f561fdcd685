"""Every decision of the platform's standards, and every kind of fact, says of which class a change of it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac.load import load_repository
from dac.model import EffectClass
from dac.plan.effect import meaning

# A function is read by templates alone: the manifests tell what a change of it does.
WITHOUT = {"functions"}


@pytest.fixture(scope="module")
def repository(root: Path):  # type: ignore[no-untyped-def]
    return load_repository(root, [])[0]


def has_class_and_words(class_and_words: tuple[EffectClass, str]) -> bool:
    """Whether both a class and words were found."""
    return class_and_words[0] is not EffectClass.UNCLASSIFIED and bool(class_and_words[1])


def test_each_decision_has_a_class_and_words(repository) -> None:  # type: ignore[no-untyped-def]
    missing = [
        f"{ref} {name}"
        for ref, standard in repository.standards.items()
        for name in standard.decisions["properties"]
        if meaning(standard.decisions, [name])[0] is EffectClass.UNCLASSIFIED
        or not meaning(standard.decisions, [name])[1]
    ]
    assert missing == []


def test_each_kind_of_the_catalog_has_a_class_and_words(repository) -> None:  # type: ignore[no-untyped-def]
    schemas = repository.catalog.schemas
    assert {
        kind for kind, schema in schemas.items() if not has_class_and_words(meaning(schema, ["name", "field"]))
    } == WITHOUT


def test_the_nearest_class_counts() -> None:
    schema = {
        "x-class": "capacity",
        "x-changes": "how much",
        "additionalProperties": {"oneOf": [{"properties": {"price": {"x-class": "cost"}, "pods": {"type": "object"}}}]},
    }
    assert meaning(schema, ["a", "price", "usd"]) == (EffectClass.COST, "")
    assert meaning(schema, ["a", "pods", "[0]"]) == (EffectClass.CAPACITY, "how much")
    assert meaning({}, ["a"]) == (EffectClass.UNCLASSIFIED, "")
