"""Each rule fires on the real tree once that is spoilt, and is silent before: a rule that sees nothing is a defect.

The rules' own tests run on a tree made by hand, which could have another shape than what is rendered. Here one thing of
the really rendered standards, manifests and decisions is spoilt in memory, everywhere that it stands.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dac.cli._arguments import conftest_path
from dac.cli._month_costs import month_costs
from dac.expand import Expander
from dac.judge import judge
from dac.load import load_repository
from dac.model import Finding, Manifest, Repository

ROOT = Path(__file__).parents[2]
RULES = sorted(path.parent.name for path in (ROOT / "policy").glob("*/*.rego") if path.stem == path.parent.name)
TODAY = date(2026, 11, 24)


@dataclass
class Tree:
    """What is judged, free to be spoilt."""

    repository: Repository
    manifests: list[Manifest]

    def objects(self, kind: str, *, of_projects: bool = False) -> list[Any]:
        manifests = [each for each in self.manifests if each.project is not None or not of_projects]
        return [each for manifest in manifests for each in manifest.objects if each["kind"] == kind]

    def specs(self) -> list[Any]:
        return [template["spec"] for template in self.objects("ClusterWorkflowTemplate")]

    def pods(self) -> list[Any]:
        return [t for spec in self.specs() for t in spec["templates"] if "container" in t or "script" in t]

    def crons(self) -> list[Any]:
        """Return the specs of the projects' CronWorkflows; the platform has one of its own, the sweeper's."""
        return [workflow["spec"] for workflow in self.objects("CronWorkflow", of_projects=True)]

    def accounts(self) -> list[Any]:
        """Return the ServiceAccounts that have a cloud identity, the platform's own too."""
        return [each for each in self.objects("ServiceAccount") if "annotations" in each["metadata"]]

    def arguments(self, name: str) -> Iterator[Any]:
        for spec in self.crons():
            yield from (p for p in spec["workflowSpec"]["arguments"]["parameters"] if p["name"] == name)

    def limit(self, **limits: Any) -> None:
        standards = {r: replace(s, limits={**s.limits, **limits}) for r, s in self.repository.standards.items()}
        self.repository = replace(self.repository, standards=standards)

    def decide(self, **decisions: Any) -> None:
        projects = dict(self.repository.projects)
        for name, project in projects.items():
            pipelines = {n: replace(p, decisions={**p.decisions, **decisions}) for n, p in project.pipelines.items()}
            projects[name] = replace(project, pipelines=pipelines)
        self.repository = replace(self.repository, projects=projects)

    def own(self, owner: str) -> None:
        projects = {n: replace(p, owner=owner) for n, p in self.repository.projects.items()}
        self.repository = replace(self.repository, projects=projects)

    def grant_nothing(self) -> None:
        catalog = self.repository.catalog
        owners = {name: {**facts, "budget": {}} for name, facts in catalog.kinds["owners"].items()}
        self.repository = replace(self.repository, catalog=replace(catalog, kinds={**catalog.kinds, "owners": owners}))

    def family(self, family: str) -> None:
        """Have every base model be of a family."""
        catalog = self.repository.catalog
        models = {
            name: {**facts, "architecture": {**facts["architecture"], "family": family}}
            for name, facts in catalog.kinds["base_models"].items()
        }
        self.repository = replace(
            self.repository, catalog=replace(catalog, kinds={**catalog.kinds, "base_models": models})
        )

    def waive(self, waiver: dict[str, str]) -> None:
        assert self.repository.waivers is not None
        self.repository = replace(self.repository, waivers=replace(self.repository.waivers, data={"waivers": [waiver]}))


@pytest.fixture(scope="module")
def real() -> Tree:
    repository, findings = load_repository(ROOT)
    expander = Expander(repository)
    manifests, faults = expander.standards()
    findings += faults
    for project in repository.projects.values():
        rendered, faults = expander.project(project)
        manifests += rendered
        findings += faults
    assert findings == []
    # Through JSON, since equal parts of what is rendered are one object in memory.
    unshared = [replace(m, objects=tuple(json.loads(json.dumps(each)) for each in m.objects)) for m in manifests]
    return Tree(repository, unshared)


def findings_of(tree: Tree) -> list[Finding]:
    costs = month_costs(tree.repository, tree.manifests)
    return judge(tree.repository, tree.manifests, conftest_path(), TODAY, costs, whole=True)


def drop(items: list[Any], key: str) -> None:
    for item in items:
        item.pop(key, None)


def put(items: list[Any], **values: Any) -> None:
    for item in items:
        item.update(values)


def _fan_in_one_go(tree: Tree) -> None:
    for spec in tree.specs():
        dag = next(t for t in spec["templates"] if "dag" in t)
        task = next(t for t in spec["templates"] if "container" in t)
        dag["dag"]["tasks"].append({"name": "all", "template": task["name"], "withItems": list(range(1001))})


def _shell(tree: Tree) -> None:
    for pod in tree.pods():
        pod.setdefault("container", {}).update(command=["sh", "-c"], args=["echo {{workflow.parameters.size}}"])


LONG = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/dac-" + "x" * 61}
# What one thing to spoil for each rule, everywhere that it stands.
SPOIL: dict[str, Callable[[Tree], None]] = {
    "argument_pattern": lambda t: put(list(t.arguments("size")), value="small; rm -rf /"),
    "checkpoint_retention": lambda t: t.limit(retention_days=400),
    "cloud_role": lambda t: put([o["metadata"]["annotations"] for o in t.accounts()], **LONG),
    "dataset_pinned": lambda t: t.decide(dataset="s3://docs/rows.jsonl"),
    "deadline": lambda t: drop(t.specs(), "activeDeadlineSeconds"),
    "fan_out": _fan_in_one_go,
    "gpu_budget": lambda t: (put(list(t.arguments("size")), value="large"), t.grant_nothing())[0],
    "gpu_hours": lambda t: (put(list(t.arguments("size")), value="large"), t.grant_nothing())[0],
    "image_digest": lambda t: put([p["container"] for p in t.pods() if "container" in p], image="python:3.11"),
    "licence_allowed": lambda t: t.decide(base_model="qwen2.5-3b-instruct"),
    "metrics": lambda t: drop(t.specs(), "metrics"),
    "monthly_usd": lambda t: t.grant_nothing(),
    "mutex": lambda t: drop(t.specs(), "synchronization"),
    "namespace_owned": lambda t: put([o["metadata"] for o in t.objects("CronWorkflow")], namespace="kube-system"),
    "notify_channel": lambda t: t.decide(notify="#nobodys"),
    "object_size": lambda t: put(t.specs(), podMetadata={"annotations": {"catalog": "x" * 120_000}}),
    "on_exit": lambda t: drop(t.specs(), "onExit"),
    "owner_known": lambda t: t.own("team-nobody"),
    "packed_family": lambda t: t.family("mamba2"),
    "parallelism_budget": lambda t: t.grant_nothing(),
    "parameter_injection": _shell,
    "pod_gc": lambda t: drop(t.specs(), "podGC"),
    "pod_patch": lambda t: put(t.pods(), podSpecPatch='{"hostname": "x"}'),
    "pod_security": lambda t: put(t.specs(), hostNetwork=True),
    "quota_budget": lambda t: t.grant_nothing(),
    "registered_model": lambda t: t.decide(endpoint="docs-assistant"),
    "resources": lambda t: drop([p["container"]["resources"] for p in t.pods() if "container" in p], "limits"),
    "retry_by_exit_code": lambda t: drop(t.pods(), "retryStrategy"),
    "schedule_frequency": lambda t: put(t.crons(), schedules=["* * * * *"], suspend=False),
    "secret_value": lambda t: t.decide(note="AKIAIOSFODNN7EXAMPLE"),
    "service_account": lambda t: put(t.specs(), serviceAccountName="default"),
    "source_granted": lambda t: t.decide(source="docs-site", sources={"main": "docs-site"}),
    "source_scheme": lambda t: t.decide(source="https://example.com/manifest.jsonl"),
    "template_kind": lambda t: put(t.pods(), resource={"action": "create"}),
    "ttl": lambda t: drop(t.specs(), "ttlStrategy"),
    "waiver": lambda t: t.waive(
        {
            "rule": "ttl.missing",
            "path": "projects",
            "value": "1",
            "until": "2026-11-23",
            "owner": "platform",
            "reason": "for the test",
        }
    ),
    "workflow_spec": lambda t: put([spec["workflowSpec"] for spec in t.crons()], entrypoint="main"),
}
# Rules about a standard have to fire on each of them.
OF_STANDARDS = {
    "deadline", "fan_out", "image_digest", "metrics", "mutex", "object_size", "on_exit", "parameter_injection",
    "pod_gc", "pod_patch", "pod_security", "resources", "retry_by_exit_code", "service_account", "template_kind", "ttl",
}  # fmt: skip


def test_each_rule_has_something_to_spoil() -> None:
    assert sorted(SPOIL) == RULES


def test_the_real_tree_breaks_no_rule(real: Tree) -> None:
    assert {f.code for f in findings_of(real)} <= {"image_digest.not_built"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_fires(rule: str, real: Tree) -> None:
    spoilt = copy.deepcopy(real)
    SPOIL[rule](spoilt)
    files = {f.location.file for f in findings_of(spoilt) if f.code.split(".")[0] == rule and f.severity == "error"}
    assert files, f"{rule} saw nothing"
    if rule in OF_STANDARDS:
        templates = {ref: set(standard.template.files) for ref, standard in real.repository.standards.items()}
        assert [ref for ref, own in templates.items() if not own & files] == []  # where a version takes the line from
