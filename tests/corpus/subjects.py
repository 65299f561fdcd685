"""The good objects that mutants are made of, and what the rules of policy/ say of objects."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dac.cli._arguments import conftest_path
from dac.cli._compose import Composed, compose
from dac.cluster.submit import workflow
from dac.judge.conftest import ask
from dac.judge.manifest_facts import gathered
from dac.judge.policy_input import Scope, identity_annotation, policy_inputs
from dac.model import Finding, Manifest
from mutations import Subject

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 28)
OF_OTHERS = """
rivals-assistant: {summary: what the endpoint shared-assistant serves here, promote: [], annotate: [rival/answers]}
extract.taken: {summary: a name that a pipeline of extract would register, promote: [rival/full], annotate: []}
"""


def corpus_tree(folder: Path) -> Path:
    """Write the tree whose objects are good: the platform, its standards and one project of each.

    The standard that tests/cases/denied spoils is there too, so that the admission policies know its template.
    """
    for part in ("standards", "policy"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copytree(ROOT / "tests/cases/projects", folder / "projects")
    shutil.copytree(ROOT / "tests/cases/standards/probe", folder / "standards/probe")
    models = folder / "standards/catalog/registered_models.yaml"
    listed = "annotate: [docs-assistant/answers"
    assert listed in models.read_text()
    models.write_text(models.read_text().replace(listed, f"{listed}, answers/nightly") + OF_OTHERS)
    served = folder / "standards/catalog/served_models.yaml"
    before, name, after = served.read_text().partition("\nshared-assistant:")
    registry = "registry: {model: rivals-assistant, candidate: candidate, alias: champion}"
    served.write_text(before + name + after.replace("registry: {}", registry, 1))
    return folder


def rendered(folder: Path) -> Composed:
    """Return what the tree renders to."""
    composed = compose(folder)
    assert not composed.failed, composed.findings
    return composed


def objects_of(manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    """Yield the objects of projects, each a copy."""
    for manifest in manifests:
        if manifest.project:
            for each in manifest.objects:
                yield manifest, json.loads(json.dumps(each))


def subjects(composed: Composed) -> list[Subject]:
    """Return every object of the projects, and two runs of each pipeline: as `dac run --cluster` and kubectl make them.

    The uid of a CronWorkflow, by which a run names its owner, is `uid-of-<project>`.
    """
    listed = []
    for manifest, each in objects_of(composed.manifests):
        assert manifest.project
        folder = manifest.path.split("/")[3]
        group = "pipeline" if each["kind"] == "CronWorkflow" else "object"
        listed.append(Subject(group, manifest.project, folder, each))
        if group == "pipeline":
            listed += [Subject("run", manifest.project, folder, run, each) for run in _runs(manifest.project, each)]
    return listed


def _runs(project: str, cron: dict[str, Any]) -> Iterator[dict[str, Any]]:
    placed = {**cron, "metadata": {**cron["metadata"], "uid": f"uid-of-{project}"}}
    submitted = json.loads(json.dumps(workflow(placed, {})))
    submitted["metadata"]["namespace"] = project
    yield submitted
    by_hand = json.loads(json.dumps(submitted))
    del by_hand["metadata"]["ownerReferences"]
    by_hand["metadata"]["labels"] = {"workflows.argoproj.io/creator": "somebody"}
    yield by_hand


def refused_by_rules(composed: Composed, asked: Sequence[Subject]) -> list[list[str]]:
    """Return the codes that the rules find about each object, by one start of conftest.

    A run goes through no pull request. What the rules say of it is what they say of its pipeline with its spec.
    """
    manifests = [
        Manifest(f"projects/{each.project}/rendered/{each.folder}/{i:04}.yaml", (_judged(each),), each.project)
        for i, each in enumerate(asked)
    ]
    scope = Scope(TODAY, [], whole=False, cluster=False)
    shared = [manifest for manifest in composed.manifests if manifest.project is None]
    _, projects = policy_inputs(composed.repository, shared, scope, {})
    document = json.loads(projects)
    # Objects of the same content are sent once; here each is judged.
    for manifest, each in zip(manifests, asked, strict=True):
        (entry,) = gathered([manifest], identity_annotation(composed.repository)).entries
        document["manifests"].append({**entry, "object": _judged(each)})
    # An owner's pipelines are summed: those of all mutants together would exceed any budget.
    for facts in document["catalog"]["owners"].values():
        facts["budget"] = dict.fromkeys(facts["budget"], 10**18)
    answer = ask(conftest_path(), composed.repository.root, [json.dumps(document).encode()])
    assert not isinstance(answer, Finding), answer
    codes: dict[str, set[str]] = {manifest.path: set() for manifest in manifests}
    for result in answer[0]:
        facts = result["metadata"]
        if facts["severity"] == "error" and facts["path"] in codes:
            codes[facts["path"]].add(facts["code"])
    return [sorted(rules) for rules in codes.values()]


def _judged(subject: Subject) -> dict[str, Any]:
    if subject.pipeline is None:
        return subject.object
    spec = {**subject.pipeline["spec"], "workflowSpec": subject.object["spec"]}
    return {**subject.pipeline, "spec": spec}
