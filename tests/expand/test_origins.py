"""Every value of every rendered manifest is followed back to a line that people write, and every line forth again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from dac.cli._argo_tags import tag_answers
from dac.expand import Expander
from dac.expand.fields import leaves
from dac.expand.origins import Provenance
from dac.load import load_repository, project_names, project_of
from dac.model import Project, Repository
from dac.model.credentials import Credentials
from dac.model.object_path import written
from dac.model.origin import Leaf, OriginKind
from sweep import some

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "tests" / "cases" / "rendered" / "features"


@pytest.fixture(scope="module")
def repository() -> Repository:
    return load_repository(ROOT, project_names(ROOT))[0]


def provenance(repository: Repository) -> Provenance:
    return Provenance(expander(repository), tag_answers())


@lru_cache(maxsize=4)
def made(number: int) -> Expander:
    return Expander(REPOSITORIES[number])


REPOSITORIES: dict[int, Repository] = {}


def expander(repository: Repository) -> Expander:
    """Return the same expander for the same repository."""
    REPOSITORIES[id(repository)] = repository
    return made(id(repository))


@pytest.fixture(scope="module")
def real(repository: Repository) -> Provenance:
    return provenance(repository)


def synthetic(repository: Repository) -> Iterator[Project]:
    """Projects that take together every name and example that a decision can have: the nth takes the nth of each."""
    base: dict[str, dict[str, Any]] = {}
    for case in sorted((ROOT / "tests" / "cases" / "valid").glob("*/decisions.yaml")):
        project, findings = project_of("case", case.read_bytes(), "projects/case/decisions.yaml", Credentials({}))
        assert project, findings
        for pipeline in project.pipelines.values():
            base.setdefault(str(pipeline.standard), dict(pipeline.decisions))
    for ref, standard in repository.standards.items():
        choices = {
            name: [*schema.get("enum", []), *schema.get("examples", []), *kind]
            for name, schema in standard.decisions.get("properties", {}).items()
            for kind in [repository.catalog.kinds.get(schema.get("x-catalog", ""), {})]
        }
        for index in range(max(map(len, choices.values()))):
            decided = {name: own[index % len(own)] for name, own in choices.items() if own}
            decisions = {"standard": str(ref), **base[str(ref)], **decided}
            decisions.pop("index", None)  # a pipeline of the same project, which these do not have
            name = f"{ref.name}-{index}"
            text = json.dumps({"owner": "team-docs", "pipelines": {"work": decisions}})
            project, findings = project_of(name, text.encode(), f"projects/{name}/decisions.yaml", Credentials({}))
            assert project, findings
            yield project


def accounted(provenance: Provenance, project: Project, repository: Repository) -> list[Leaf]:
    """Return a project's leaves, having compared them with what is really rendered."""
    manifests, findings = expander(repository).project(project)
    assert findings == [], project.document.data
    result = list(provenance.project(project))
    raw = {
        (manifest.path, index, pointer)
        for manifest in manifests
        for index, each in enumerate(manifest.objects)
        for pointer, _ in leaves(each)
    }
    objects: dict[tuple[str, str], int] = {}
    for leaf in result:
        if leaf.file.startswith("projects/"):
            index = objects.setdefault((leaf.file, leaf.path[0]), sum(f == leaf.file for f, _ in objects))
            raw.discard((leaf.file, index, leaf.field))
    assert not raw, f"not accounted for: {sorted(raw, key=str)[:3]}"
    return result


def unknown(result: list[Leaf]) -> list[str]:
    return [f"{leaf.subject}: {written(leaf.path)}" for leaf in result if leaf.unknown]


@pytest.mark.parametrize("name", some(project_names(ROOT), 1))
def test_every_value_of_every_project_has_a_source(name: str, real: Provenance, repository: Repository) -> None:
    result = accounted(real, repository.projects[name], repository)
    assert len(result) > 500
    assert unknown(result) == []
    for leaf in result:
        for origin in leaf.origins:
            lines = (ROOT / origin.location.file).read_text("utf-8").splitlines()
            assert 1 <= origin.location.line <= len(lines), f"{written(leaf.path)}: {origin.location}"


@pytest.mark.exhaustive
def test_every_value_of_made_projects_has_a_source(real: Provenance, repository: Repository) -> None:
    projects = list(synthetic(repository))
    assert len(projects) >= 12
    assert {path for project in projects for path in unknown(accounted(real, project, repository))} == set()


@pytest.mark.exhaustive
def test_every_value_of_the_platform_and_of_standards_has_a_source(real: Provenance, repository: Repository) -> None:
    result = [*real.platform(), *(leaf for ref in repository.standards for leaf in real.standard(ref))]
    assert len(result) > 2000
    assert unknown(result) == []


def test_every_value_of_a_tree_with_other_templates_has_a_source() -> None:
    tree, findings = load_repository(FEATURES, project_names(FEATURES))
    assert findings == []
    tracing = provenance(tree)
    result = [leaf for project in tree.projects.values() for leaf in accounted(tracing, project, tree)]
    result += [leaf for ref in tree.standards for leaf in tracing.standard(ref)]
    assert result
    assert unknown(result) == []


def lines(result: list[Leaf], path: str) -> list[str]:
    (leaf,) = [leaf for leaf in result if written(leaf.path[1:]) == path]
    return [f"{origin.kind} {origin.location.file} {'.'.join(map(str, origin.pointer))}" for origin in leaf.origins]


def test_a_value_names_each_line_that_it_depends_on(real: Provenance, repository: Repository) -> None:
    result = list(real.project(repository.projects["python-docs"]))
    decisions = "projects/python-docs/decisions.yaml"
    standard = "standards/rag-indexing/v1/standard.yaml"
    assert lines(result, "spec.schedules[0]") == [
        f"decision {decisions} pipelines.search.schedule",
        "catalog standards/catalog/schedules.yaml nightly.cron",
        f"computed {standard} schedule",
        "platform standards/platform/pipeline/cronworkflow.yaml spec.schedules.0",
    ]
    assert lines(result, "spec.concurrencyPolicy") == [
        "platform standards/platform/pipeline/cronworkflow.yaml spec.concurrencyPolicy"
    ]
    assert lines(result, "spec.workflowSpec.arguments.parameters[chunking].value")[0] == (
        f"default {standard} decisions.properties.chunking.default"
    )
    cpu = lines(result, "spec.templates[embed].podSpecPatch.containers[main].resources.requests.cpu")
    assert cpu[:2] == [
        f"decision {decisions} pipelines.search.size",
        "catalog standards/catalog/sizes.yaml small.pods.embed.cpu",
    ]
    assert lines(result, "spec.templates[embed].activeDeadlineSeconds")[:2] == [
        f"decision {decisions} pipelines.search.size",
        "catalog standards/catalog/sizes.yaml small.pods.embed.deadline_seconds",
    ]
    assert "catalog standards/catalog/endpoints.yaml store-qdrant.address" in lines(
        result, "spec.templates[embed].container.env[STORE_URL].valueFrom.configMapKeyRef.key"
    )
    assert lines(result, "spec.templates[embed].container.env[MODEL].value.dimension")[:2] == [
        f"decision {decisions} pipelines.search.embedding_model",
        "catalog standards/catalog/models.yaml all-minilm-l6-v2.dimension",  # by the key of a ConfigMap
    ]
    assert "catalog standards/catalog/sizes.yaml small.pods.embed.parallelism" in lines(result, "spec.hard.pods")


def test_what_the_trace_cannot_account_for_is_unknown(repository: Repository) -> None:
    """A manifest that holds what no template says: each such value is unknown, and none is left out."""
    project = repository.projects["python-docs"]
    strange = Expander(repository)
    manifests, findings = strange.project(project)
    cron = manifests[0]
    stranger = {**cron.objects[0], "spec": {**cron.objects[0]["spec"], "suspend": True, "extra": [1, {"deep": "x"}]}}
    strange.project = lambda _project: ([replace(cron, objects=(stranger,)), *manifests[1:]], findings)  # type: ignore[method-assign]
    result = list(Provenance(strange, tag_answers()).project(project))
    assert {written(leaf.path[1:]) for leaf in result if leaf.unknown} == {
        "spec.suspend",
        "spec.extra[0]",
        "spec.extra[1].deep",
    }
    assert all(leaf.origins[0].kind is OriginKind.UNKNOWN for leaf in result if leaf.unknown)
