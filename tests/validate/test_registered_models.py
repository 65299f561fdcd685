"""Registered models: who may change one is plain, and nobody by accident."""

from __future__ import annotations

import pytest
from changed_catalog import problems
from dac.model import Repository

PIPELINES = [
    *(
        "*",
        "*/*",
        "search/*",
        "*/train",
        "search",
        "search/",
        "/train",
        "search/train/x",
        "Search/train",
        "search/Train",
        "",
    ),
    *(
        "search/train ",
        "search /train",
        "search\\train",
        "search.train",
        "../search/train",
        "search/train\n",
        "search/tr\u0430in",
    ),
    *(
        "search/train,evil/x",
        ".*/.*",
        "search/.*",
        "search/tra?n",
        "-search/train",
        "search/-train",
        "search/" + "x" * 64,
        "^search/train$",
    ),
]


@pytest.mark.parametrize("right", ["promote", "annotate"])
@pytest.mark.parametrize("listed", PIPELINES)
def test_a_pipeline_is_listed_by_its_two_names(listed: str, right: str, repository: Repository) -> None:
    messages = problems(
        repository, "registered_models", lambda models: models["docs-assistant"].update({right: [listed]})
    )
    assert [text.split(":")[0] for text in messages] == ["catalog.not_allowed"]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("Docs-Assistant", 2),
        ("DOCS-ASSISTANT", 2),
        ("Search.Train", 1),
        ("search.Train", 1),
        ("Assistant", 0),
        ("a.b.C", 0),
    ],
)
def test_a_model_in_other_letters(name: str, count: int, repository: Repository) -> None:
    """A registry that ignores case would hold one model, to which two lines give rights."""
    entry = {"summary": "s", "promote": [], "annotate": []}
    messages = problems(repository, "registered_models", lambda models: models.update({name: entry}))
    assert [text.split(":")[0] for text in messages] == ["catalog.registered_models"] * count


def test_a_served_model_in_other_letters(repository: Repository) -> None:
    registry = {"model": "DOCS-assistant", "candidate": "candidate", "alias": "champion"}
    messages = problems(repository, "served_models", lambda models: models["docs-assistant"].update(registry=registry))
    assert messages == [
        'catalog.registered_models: "docs-assistant" and "DOCS-assistant" are one model to a registry that ignores case'
    ]


@pytest.mark.parametrize(
    ("owners", "messages"),
    [
        (["team-docs", "team-research"], []),
        ([], []),
        (["team-docs", "team-doc"], ['catalog.registered_models: "team-doc" is not in standards/catalog/owners.yaml']),
        (["*"], ['catalog.registered_models: "*" is not in standards/catalog/owners.yaml']),
    ],
)
def test_its_owners_are_the_catalogs(owners: list[str], messages: list[str], repository: Repository) -> None:
    """One that nobody is would hold nobody."""
    change = {"docs-assistant": {"summary": "s", "promote": [], "annotate": [], "owners": owners}}
    assert problems(repository, "registered_models", lambda models: models.update(change)) == messages


@pytest.mark.parametrize("owners", ["team-docs", [1], ["team-docs", "team-docs"], {"team-docs": True}])
def test_owners_of_another_shape(owners: object, repository: Repository) -> None:
    messages = problems(repository, "registered_models", lambda models: models["docs-assistant"].update(owners=owners))
    assert [text.split(":")[0] in ("catalog.wrong_type", "catalog.not_allowed") for text in messages] == [True]
