"""Where two trees have the same basis, they render the same decisions alike: a plan expands those once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dac.expand import COMMON, Expander
from dac.expand.basis import facts_read
from dac.expand.fields import leaves
from dac.load import load_repository
from dac.model import Manifest, Repository

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "tests" / "cases" / "rendered" / "features"


@cache
def tree(root: Path = FEATURES) -> Repository:
    repository, _ = load_repository(root)
    return repository


def manifests(expanding: Expander) -> list[Manifest]:
    return [m for project in expanding.repository.projects.values() for m in expanding.project(project)[0]]


def with_value(data: Any, pointer: tuple[Any, ...], value: Any) -> Any:
    if not pointer:
        return value
    key, *rest = pointer
    copy = list(data) if isinstance(data, list) else dict(data)
    copy[key] = with_value(data[key], tuple(rest), value)
    return copy


def other(value: Any) -> Any:
    """Return a value of the same kind that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}1" if isinstance(value, str) else value


def test_a_changed_fact_that_reaches_a_project_is_in_the_basis() -> None:
    repository, was, reached = tree(), manifests(Expander(tree())), set()
    for kind, facts in repository.catalog.kinds.items():
        for pointer, value in leaves(facts):
            kinds = {**repository.catalog.kinds, kind: with_value(facts, pointer, other(value))}
            changed = Expander(replace(repository, catalog=replace(repository.catalog, kinds=kinds)))
            try:
                differs = manifests(changed) != was
            except KeyError:  # the name of an argument, say, which the check of the catalog refuses
                continue
            if differs:
                reached.add(kind)
                assert changed.basis != Expander(repository).basis, (kind, pointer)
    assert "schedules" in reached


def test_a_changed_template_or_standard_that_reaches_a_project_is_in_the_basis() -> None:
    repository, was, reached = tree(), manifests(Expander(tree())), set()
    for file, documents in repository.platform.items():
        for number, document in enumerate(documents):
            for pointer, value in leaves(document.data):
                new = [*documents]
                new[number] = replace(document, data=with_value(document.data, pointer, other(value)))
                changed = Expander(replace(repository, platform={**repository.platform, file: new}))
                try:
                    differs = manifests(changed) != was
                except TypeError:  # a text in place of the list of arguments
                    continue
                if differs:
                    reached.add(file)
                    assert changed.basis != Expander(repository).basis, (file, pointer)
    assert reached >= {"standards/platform/namespace/accounts.yaml", "standards/platform/pipeline/cronworkflow.yaml"}
    ((ref, standard),) = repository.standards.items()
    for name, parameter in standard.parameters.items():
        parameters = {**standard.parameters, name: replace(parameter, value='"other"')}
        changed = Expander(replace(repository, standards={ref: replace(standard, parameters=parameters)}))
        assert changed.basis != Expander(repository).basis


def test_an_image_reaches_no_manifest_of_a_project_but_a_search_services() -> None:
    repository = load_repository(ROOT, ["python-docs"])[0]
    images = {
        n: {**facts, "built": True, "digest": f"sha256:{'0' * 64}"}
        for n, facts in repository.catalog.kinds["images"].items()
    }
    kinds = {**repository.catalog.kinds, "images": images}
    changed = Expander(replace(repository, catalog=replace(repository.catalog, kinds=kinds)))
    project = repository.projects["python-docs"]
    assert changed.project(project) == Expander(repository).project(project)
    pipeline = project.pipelines["search"]
    serving = replace(pipeline, decisions={**pipeline.decisions, "serve": "small"})
    project = replace(project, pipelines={"search": serving})
    before, after = (Expander(repository).project(project)[0], changed.project(project)[0])
    assert [was.path.rpartition("/")[2] for was, now in zip(before, after, strict=True) if was != now] == [
        "services.yaml"
    ]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("images", {"standards/platform/namespace/services.yaml"}),
        ("services", {COMMON, "standards/platform/namespace/services.yaml"}),  # a quota counts what services hold
        ("datasets", set()),
    ],
)
def test_a_changed_kind_is_in_the_parts_that_read_it_alone(kind: str, parts: set[str]) -> None:
    repository = load_repository(ROOT, [])[0]
    kinds = {**repository.catalog.kinds, kind: {**repository.catalog.kinds[kind], "other": {}}}
    was = Expander(repository).basis
    now = Expander(replace(repository, catalog=replace(repository.catalog, kinds=kinds))).basis
    assert {part for part in was.keys() | now.keys() if was.get(part) != now.get(part)} == parts


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("decisions.source", set()),
        ("catalog.sizes.small", {"sizes"}),
        ('facts("models")[decisions.model]', {"models"}),
        ("schedule(decisions.schedule)", {"schedules"}),
        ("deep()", {"functions", "models"}),
        ("decisions.list.map(x, called(x))", {"functions", "sizes"}),
        ("facts(decisions.kind)", {"functions", "models", "sizes", "schedules", "prices"}),
        ('catalog["sizes"]', {"functions", "models", "sizes", "schedules", "prices"}),
        ("has(catalog.prices)", {"prices"}),
    ],
)
def test_the_facts_that_an_expression_may_read(expression: str, kinds: set[str]) -> None:
    functions: Mapping[str, Mapping[str, Any]] = {
        "called": {"arguments": ["x"], "value": "catalog.sizes[x]"},
        "deep": {"arguments": [], "value": "deeper()"},
        "deeper": {"arguments": [], "value": "deep() + catalog.models.x"},
    }
    catalog = {"functions": functions, "models": {}, "sizes": {}, "schedules": {}, "prices": {}}
    read = facts_read([expression], catalog).keys()
    assert read - {"sizes"} == kinds - {"sizes"}  # the quota reads sizes anyhow
    assert kinds <= read
