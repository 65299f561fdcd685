"""Any fact that is taken out of the catalog is reported where it was, or is not needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.expand import expander
from dac.load import load_repository
from dac.model import Repository
from dac.validate import catalog, schema, validate_projects, validate_standards, wiring
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]


def removals(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every mapping or list with a copy of the whole that lacks one entry of it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (key,), {k: v for k, v in value.items() if k != key}
            for path, changed in removals(item):
                yield (key, *path), {**value, key: changed}


@pytest.fixture(scope="module")
def repository() -> Repository:
    return load_repository(ROOT)[0]


@pytest.fixture(scope="module")
def shared() -> Iterator[None]:
    """Do once, for all that is changed in the catalog, what a change leaves as it is: three quarters of the work.

    That is to compile a template or an expression, to hold the other kinds' facts against their schemas, a schema
    against that of JSON Schema itself, and a standard's own files against one another.
    """
    by_arguments: dict[tuple[int, ...], Any] = {}

    def once(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            key = (id(function), *map(id, arguments))
            if key not in by_arguments:
                result = function(*arguments)
                result = list(result) if isinstance(result, Iterator) else result  # a generator is read once only
                by_arguments[key] = (arguments, result)  # as long as they are held, no other has their id
            return by_arguments[key][1]

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (expander, "compile_template"),
            (wiring, "compile_cel"),
            (wiring, "schema_error"),
            (wiring, "_expressions"),
            (wiring, "_arguments"),
            (wiring, "_patterns"),
            (wiring, "_unused"),
            (schema, "schema_error"),
            (catalog, "compile_cel"),
            (catalog, "schema_findings"),
            (Draft202012Validator, "check_schema"),
        ):
            patch.setattr(owner, name, once(getattr(owner, name)))
        yield


@pytest.mark.exhaustive
@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("kind", sorted(path.stem for path in (ROOT / "standards" / "catalog").glob("*.yaml")))
def test_an_incomplete_entry_is_a_finding_or_is_rendered(kind: str, repository: Repository) -> None:
    for path, facts in removals(repository.catalog.kinds[kind]):
        document = replace(repository.catalog.documents[kind], data=facts)
        changed_catalog = replace(
            repository.catalog,
            kinds={**repository.catalog.kinds, kind: facts},
            documents={**repository.catalog.documents, kind: document},
        )
        changed = replace(repository, catalog=changed_catalog)
        findings = validate_standards(changed)
        findings += validate_projects(changed, estimates=not findings)
        if not findings:
            rendering = expander.Expander(changed)
            findings = rendering.standards()[1]
            for project in changed.projects.values():
                findings += rendering.project(project)[1]
        assert all(finding.location.line for finding in findings), path
