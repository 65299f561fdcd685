"""Where the catalog names canaries, they run each template as the branch has it, and all others as a commit has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789" * 4
PROJECTS = ["docs-assistant", "python-docs"]


@pytest.fixture(scope="module")
def repository() -> Repository:
    """Return this repository, with the canary python-docs."""
    loaded, findings = load_repository(ROOT, PROJECTS)
    assert not findings
    waves = {"summary": "", "canaries": ["python-docs"], "released": COMMIT}
    kinds = loaded.catalog.kinds
    catalog = replace(loaded.catalog, kinds={**kinds, "platform": {**kinds["platform"], "waves": waves}})
    return replace(loaded, catalog=catalog)


@pytest.fixture(scope="module")
def rendered(repository: Repository) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of each file that is rendered."""
    expander = Expander(repository)
    manifests, findings = expander.standards()
    for project in repository.projects.values():
        own, new_findings = expander.project(project)
        manifests, findings = manifests + own, findings + new_findings
    assert not findings
    return {manifest.path: list(manifest.objects) for manifest in manifests}


def test_a_canarys_pipelines_alone_refer_to_the_second_name(rendered: dict[str, list[dict[str, Any]]]) -> None:
    crons = [each for path, objects in rendered.items() if "/rendered/pipelines/" in path for each in objects]
    names = {
        (each["metadata"]["namespace"], each["spec"]["workflowSpec"]["workflowTemplateRef"]["name"]) for each in crons
    }
    assert {name.endswith("-canary") for project, name in names if project == "python-docs"} == {True}
    assert {name.endswith("-canary") for project, name in names if project != "python-docs"} == {False}


def test_the_second_template_differs_by_its_name_alone(rendered: dict[str, list[dict[str, Any]]]) -> None:
    (own,), (second,) = (
        rendered[path]
        for path in (
            "standards/rag-indexing/v1/rendered.yaml",
            "standards/platform/canaries/rag-indexing-v1-canary.yaml",
        )
    )
    assert second["metadata"]["name"] == f"{own['metadata']['name']}-canary"
    assert {**second, "metadata": {**second["metadata"], "name": own["metadata"]["name"]}} == own


def test_the_others_templates_are_those_of_a_commit(rendered: dict[str, list[dict[str, Any]]]) -> None:
    applications = {
        each["metadata"]["name"]: each["spec"] for each in rendered["standards/platform/rendered/applications.yaml"]
    }
    assert applications["dac-templates"]["source"]["targetRevision"] == COMMIT
    canaries = applications["dac-canaries"]["source"]
    assert (canaries["targetRevision"], canaries["path"]) == ("main", "standards/platform/canaries")


def test_admission_lets_both_names_in(rendered: dict[str, list[dict[str, Any]]]) -> None:
    for file, variable in [
        ("admission-runs", "templates"),
        ("admission-runs", "byhand"),
        ("admission-pipelines", "merged"),
    ]:
        objects = rendered[f"standards/platform/rendered/{file}.yaml"]
        variables = {v["name"]: v["expression"] for each in objects for v in each["spec"].get("variables", [])}
        assert '"rag-indexing-v1-canary":' in variables[variable]
        assert '"rag-indexing-v1":' in variables[variable]


def test_without_canaries_there_is_no_second_name() -> None:
    text = "".join(path.read_text() for path in (ROOT / "standards/platform/rendered").glob("*.yaml"))
    assert "-canary" not in text
    assert not (ROOT / "standards/platform/canaries").exists()
