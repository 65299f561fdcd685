"""A large tree is judged in parts: what is found is the same, and each part has its owners whole."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from dac.judge import gathered, identity_annotation, parts
from dac.judge.policy_input import Scope, policy_inputs
from dac.model import Document, Project
from test_every_rule_sees import SPOIL, Tree, findings_of, real

__all__ = ["real"]  # a fixture
# One is about what is found, and one about what is not.
WAIVED = [
    ("notify_channel.not_listed", "projects/python-docs"),
    ("schedule_frequency.unreadable", "projects/package-metadata"),
]


def spoilt(tree: Tree) -> Tree:
    """Return the tree with nearly everything wrong that a rule knows, in the projects of two owners."""
    tree = copy.deepcopy(tree)
    for rule in sorted(SPOIL.keys() - {"owner_known", "waiver"}):
        SPOIL[rule](tree)
    catalog = tree.repository.catalog
    right = ["python-docs/nobodys", "package-metadata/nobodys", *(f"{p}/{n}" for p, n in pipelines(tree))]
    kinds = {**catalog.kinds, "registered_models": {"shared": {"annotate": right, "promote": right}}}
    tree.repository = replace(tree.repository, catalog=replace(catalog, kinds=kinds))
    facts = {"value": "1", "until": "2026-12-01", "owner": "platform", "reason": "for the test"}
    waivers = replace(tree.repository.waivers, data={"waivers": [{"rule": r, "path": p, **facts} for r, p in WAIVED]})
    tree.repository = replace(tree.repository, waivers=waivers)
    return tree


def pipelines(tree: Tree) -> list[tuple[str, str]]:
    return [(project.name, name) for project in tree.repository.projects.values() for name in project.pipelines]


def sent_of(tree: Tree) -> list[dict[str, Any]]:
    scope = Scope(date(2026, 11, 24), [], True, False)
    return [orjson.loads(document) for document in policy_inputs(tree.repository, tree.manifests, scope, {})]


def test_parts_find_what_the_whole_finds(real: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = spoilt(real)
    whole = findings_of(tree)
    monkeypatch.setattr(parts, "_MOST", 1)
    assert findings_of(tree) == whole
    codes = {finding.code for finding in whole}
    assert {"registered_model.not_there", "cloud_role.shared", "quota_budget.over_limit"} <= codes
    assert {"waiver.unused", "waiver.widened"} <= codes


def test_a_part_has_its_owners_whole_and_knows_the_pipelines_of_others(
    real: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", 1)
    sent = sent_of(real)
    assert [[project["name"] for project in each["projects"]] for each in sent] == [
        [],
        ["docs-assistant", "python-docs"],
        ["package-metadata"],
    ]
    names = {f"{project}/{name}" for project, name in pipelines(real)}
    for each in sent:
        own = {f"{project['name']}/{name}" for project in each["projects"] for name in project["pipelines"]}
        assert own | set(each["elsewhere"]) == names
        assert {m["project"] for m in each["manifests"] if "identity" not in m} == {
            None,
            *(project["name"] for project in each["projects"]),
        }


def test_what_is_in_no_project_is_judged_by_itself(real: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST", 1)
    sent = sent_of(real)
    first, *others = sent
    assert first["outlines"] == []
    platform = [m["name"] for m in first["manifests"]]
    assert any("object" in m for m in first["manifests"])
    for other in others:
        assert first["catalog"].keys() == other["catalog"].keys()
        assert len(first["catalog"]["owners"]) > len(other["catalog"]["owners"])
        assert other["catalog"]["owners"].keys() >= {project["owner"] for project in other["projects"]}
        assert other["standards"] == []
        assert [each["name"] for each in other["outlines"]] == [each["name"] for each in first["standards"]]
        assert not any("spec" in each["object"] for each in other["outlines"])
        own = [m for m in other["manifests"] if m["project"] is None]
        assert [m["name"] for m in own] == platform
        assert not any("object" in m for m in own)
    accounts = [m for each in sent for m in each["manifests"] if m["project"] and "identity" in m]
    identities = {account["identity"] for account in accounts}
    assert {each["roles"] for each in sent} == {len(identities)} == {len(accounts)}  # shared by no two, each sent once


def test_a_change_of_a_project_leaves_what_is_in_none_as_it_was(real: Tree) -> None:
    tree = copy.deepcopy(real)
    SPOIL["notify_channel"](tree)
    before, after = sent_of(real), sent_of(tree)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_owners_are_spread_evenly_over_few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.os, "sched_getaffinity", lambda _: {0, 1})
    owners = [f"o-{number % 50}" for number in range(1000)]
    projects = {f"p-{n}": Project(f"p-{n}", owner, {}, Document("d", {})) for n, owner in enumerate(owners)}
    part_of = parts.parts_of(projects)
    # The first has what is in no project beside its own.
    assert [list(part_of.values()).count(part) for part in (1, 2)] == [380, 620]
    assert len({(project.owner, part_of[name]) for name, project in projects.items()}) == 50
    assert set(parts.parts_of(dict(list(projects.items())[:399])).values()) == {1}


@pytest.mark.parametrize("most", [1, 500])
def test_what_was_gathered_in_shares_is_what_is_gathered_at_once(
    real: Tree, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", most)
    tree = spoilt(real)
    platform = [manifest for manifest in tree.manifests if manifest.project is None]
    by_project = [[m for m in tree.manifests if m.project == name] for name in sorted(tree.repository.projects)]
    identity = identity_annotation(tree.repository)
    shares = [gathered(manifests, identity) for manifests in by_project]
    scope = Scope(date(2026, 11, 24), [], True, False)
    at_once = [*platform, *(manifest for manifests in by_project for manifest in manifests)]
    expected = policy_inputs(tree.repository, at_once, scope, {})
    assert policy_inputs(tree.repository, platform, scope, {}, shares) == expected
