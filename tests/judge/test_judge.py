"""The judge: one start of conftest, what it is given, and where its findings are led back to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from dac.cli._arguments import conftest_path
from dac.judge import judge
from dac.judge.policy_input import Scope, policy_inputs
from dac.judge.source_map import SourceMap
from dac.load import load_repository
from dac.model import Finding, Location, Manifest, Pointer, Repository

TODAY = date(2026, 11, 24)
SCOPE = Scope(TODAY, [], whole=True, cluster=False)
CRON = "projects/search/rendered/pipelines/index.yaml"
ARGUMENTS: Pointer = ("spec", "workflowSpec", "arguments", "parameters")


@pytest.fixture(scope="module")
def repository(example_tree: Path) -> Repository:
    return load_repository(example_tree, ["search"])[0]


def limits(project: str, value: str) -> Manifest:
    metadata = {"name": "limits", "namespace": project}
    data = {"embed-small": value, "of": project}
    each = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    return Manifest(f"projects/{project}/rendered/platform/quota.yaml", (each,), project)


def manifests_sent(repository: Repository, manifests: list[Manifest]) -> list[dict[str, Any]]:
    """Return what is sent of the manifests of three projects of an owner."""
    (search,) = repository.projects.values()
    three = {name: replace(search, name=name) for name in ("chat", "search", "train")}
    _, document = policy_inputs(replace(repository, projects=three), manifests, SCOPE, {})
    sent: list[dict[str, Any]] = orjson.loads(document)["manifests"]
    return sent


def test_what_is_the_same_but_for_the_project_is_sent_once(repository: Repository) -> None:
    manifests = [limits("search", "4"), limits("chat", "4"), limits("train", "4")]
    sent = manifests_sent(repository, manifests)
    assert [(m["namespace"], "object" in m, m.get("also")) for m in sent] == [
        ("search", True, None),
        ("chat", False, ["train"]),
    ]


def test_what_says_something_else_is_sent_too(repository: Repository) -> None:
    sent = manifests_sent(repository, [limits("search", "4"), limits("chat", "8")])
    assert [(m["namespace"], "object" in m) for m in sent] == [("search", True), ("chat", True)]


def test_what_stands_elsewhere_or_bears_another_name_is_sent_again(repository: Repository) -> None:
    same, (elsewhere,) = limits("chat", "4"), limits("train", "4").objects
    named = {**elsewhere, "metadata": {"name": "train", "namespace": "argocd"}}
    of_train = [Manifest("projects/train/rendered/platform/x.yaml", (each,), "train") for each in (elsewhere, named)]
    sent = manifests_sent(repository, [limits("search", "4"), same, *of_train])
    assert [(m["name"], m["namespace"], m.get("also")) for m in sent] == [
        ("limits", "search", None),
        ("limits", "chat", None),
        ("limits", "train", None),
        ("train", "argocd", None),
    ]


@pytest.mark.parametrize("kind", ["CronWorkflow", "ResourceQuota"])
def test_what_is_summed_over_projects_is_sent_for_each(repository: Repository, kind: str) -> None:
    each = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}
    manifests = [Manifest(f"projects/{p}/rendered/a.yaml", (each,), p) for p in ("search", "chat")]
    sent = manifests_sent(repository, manifests)
    assert [("object" in m, "repeats" in m) for m in sent] == [(True, False), (True, True)]


def test_a_conftest_that_cannot_start_is_a_finding(repository: Repository) -> None:
    findings = judge(repository, [], Path("/nowhere/conftest"), TODAY, {}, whole=True)
    assert findings == [
        Finding(
            Location("policy"),
            "policy.not_judged",
            "cannot start /nowhere/conftest: No such file or directory",
            "run: make setup",
        )
    ]


def test_a_tree_without_rules_is_a_finding(repository: Repository, tmp_path: Path) -> None:
    findings = judge(replace(repository, root=tmp_path), [], conftest_path(), TODAY, {}, whole=True)
    assert [str(finding) for finding in findings] == [
        "policy:1:1: error: there is no rule under policy/; restore it from Git [policy.none]"
    ]


def test_a_rule_that_stops_in_the_middle_is_a_finding(repository: Repository, tmp_path: Path) -> None:
    """An error of a built-in function leaves a rule undefined, which looks as if it had found nothing."""
    rule = tmp_path / "policy" / "odd" / "odd.rego"
    rule.parent.mkdir(parents=True)
    rule.write_text('package main\n\ndeny contains {"msg": "x"} if regex.match("a", 1 + count(input.projects))\n')
    (finding,) = judge(replace(repository, root=tmp_path), [], conftest_path(), TODAY, {}, whole=True)
    assert finding.code == "policy.broken"
    assert "regex.match" in finding.message


def test_a_missing_conftest_is_misuse_with_the_remedy(
    dac: Callable[..., subprocess.CompletedProcess[str]], example_tree: Path
) -> None:
    done = dac("check", cwd=example_tree, DAC_CONFTEST="/nowhere/conftest")
    message = "Error: DAC_CONFTEST names /nowhere/conftest, which cannot be run; run: make setup\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_places(repository: Repository) -> None:
    project = repository.projects["search"].document
    template = repository.standards[next(ref for ref in repository.standards if ref.name == "rag-indexing")].template
    decided: Pointer = ("pipelines", "index")
    sources = SourceMap(repository)
    # What an expression takes from one decision is led back to it; what comes from elsewhere, to the pipeline.
    assert sources.of(CRON, (*ARGUMENTS, "model")) == project.at((*decided, "embedding_model"))
    assert sources.of(CRON, (*ARGUMENTS, "pipeline")) == project.at_key(decided)
    assert sources.of(CRON, ("spec", "schedules")) == project.at((*decided, "schedule"))
    assert sources.of(CRON, ("spec", "suspend")) == project.at_key(decided)
    # A decision that is left to its default is led back to the pipeline.
    assert sources.of(CRON, (*ARGUMENTS, "chunking")) == project.at_key(decided)
    rendered = "standards/rag-indexing/v1/rendered.yaml"
    assert sources.of(rendered, ("spec", "onExit")) == template.at(("spec", "onExit"))
    assert sources.of(rendered, ("spec", "podGC", "strategy")) == template.at_key(("spec",))
    quota = "projects/search/rendered/platform/quota.yaml"
    assert sources.of(quota, ("spec",), "ResourceQuota").file == "standards/platform/namespace/quota.yaml"
    assert sources.of(quota, ("spec",), "Pod") == project.at(())
    assert sources.of("standards/platform/rendered/x.yaml", ()) == Location("standards/platform/rendered/x.yaml")


@pytest.mark.parametrize("where", ["conftest.toml", "environment"])
def test_conftest_is_not_told_another_package(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    """A `conftest.toml` where the judge is started, or CONFTEST_* of its caller, once silenced every rule."""
    monkeypatch.chdir(tmp_path)
    if where == "environment":
        monkeypatch.setenv("CONFTEST_NAMESPACE", "nothing")
        monkeypatch.setenv("CONFTEST_POLICY", str(tmp_path))
        monkeypatch.setenv("CONFTEST_COMBINE", "true")  # no flag of ours says otherwise: rules would see a list
    else:
        (tmp_path / "conftest.toml").write_text('namespace = "nothing"\npolicy = "/nowhere"\ncombine = true\n')
    manifest = Manifest(CRON, ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "own"}},), "search")
    codes = {finding.code for finding in judge(repository, [manifest], conftest_path(), TODAY, {}, whole=True)}
    assert "namespace_owned.kind" in codes


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("package other\n\ndeny contains 1 if input\n", "conftest did not evaluate the package main of policy/lib"),
        (
            'package main\n\ndeny contains {"code": "policy.asked", "msg": "asked", "rules": []} if input\n',
            "conftest did not evaluate odd",
        ),
    ],
)
def test_rules_that_were_not_asked_are_a_finding(
    repository: Repository, tmp_path: Path, main: str, reason: str
) -> None:
    for file, text in {"lib/main.rego": main, "odd/odd.rego": "package rules.odd\n\nfindings := set()\n"}.items():
        (tmp_path / "policy" / file).parent.mkdir(parents=True)
        (tmp_path / "policy" / file).write_text(text)
    (finding,) = judge(replace(repository, root=tmp_path), [], conftest_path(), TODAY, {}, whole=True)
    assert (finding.code, finding.message) == ("policy.not_judged", reason)


@pytest.mark.parametrize("answer", ["", "[]", "{}", "null", '[{"failures": []}]'])
def test_another_program_in_conftests_place_is_a_finding(repository: Repository, tmp_path: Path, answer: str) -> None:
    program = tmp_path / "conftest"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    (finding,) = judge(repository, [], program, TODAY, {}, whole=True)
    assert finding.code == "policy.not_judged"
