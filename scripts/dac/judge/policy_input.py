"""The JSON document that the rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from dac.judge.manifest_facts import ManifestFacts, alike, gathered, joined
from dac.judge.parts import parts_of
from dac.judge.run_nodes import most_nodes
from dac.model import Manifest, Project, Repository, Standard


@dataclass(frozen=True, slots=True)
class Scope:
    """What is evaluated, and as of when.

    Attributes:
        today: the day on which waivers are held against their dates.
        codes: of all that rules find.
        whole: whether every project of the tree is among what is evaluated.
        cluster: whether a cluster is about to run it.
    """

    today: date
    codes: Sequence[str]
    whole: bool
    cluster: bool


def policy_inputs(
    repository: Repository,
    manifests: Sequence[Manifest],
    scope: Scope,
    costs: Mapping[str, Mapping[str, Any]],
    more: Sequence[ManifestFacts] = (),
) -> list[bytes]:
    """Return the documents as JSON: one for what is in no project, and one for each part of the projects.

    What was gathered of `more` manifests, in their order, stands behind the others.

    Its keys: `today`, `cluster`, `whole`, `codes` (of findings), `waivers` (as in policy/waivers.yaml), `catalog` (kind
    -> name -> facts), `projects` (name, owner, file, pipelines by name: standard and what was decided), `standards`
    (name, version, folder, file and object of the rendered template, limits, `nodes`: the most of a run, parameters,
    service_account; none but in the first document), `outlines` (in the others, the same but of the object its metadata
    alone: what is in no project is judged once), `manifests` (path, project or null, kind, name, namespace, and the
    object: none of a template, which is under `standards`, and none where an earlier one has the same content but for
    metadata and the project's name, so that what is the same in a thousand namespaces is judged once, but for pipelines
    and quotas, which are summed, and say `repeats`; `also` names the projects in which the same stands in the same
    place, which have no entries; and of a CronWorkflow `interval_minutes`, the fewest between two starts, which is left
    out where its schedules cannot be read, and `cost`, the US dollars of thirty days, {least, most, unknown}, which is
    left out where nobody estimated it; and of a ServiceAccount `identity`, the cloud's name of it, where it has one;
    and of a Namespace its `labels`; and of what is LARGE its `bytes`; objects of no project are in the first document
    alone), `roles` (how many identities the projects' accounts have), and `elsewhere` (`project/pipeline` of each
    pipeline that is in another part).
    """
    part_of = parts_of(repository.projects)
    facts = joined([gathered(manifests, identity_annotation(repository)), *more])
    entries = _entries(facts, part_of, costs)
    objects = {manifest.path: manifest.objects for manifest in manifests if manifest.project is None}
    standards = [
        _standard(standard, template)
        for standard in repository.standards.values()
        for template in objects.get(f"{standard.folder}/rendered.yaml", ())
        if template.get("kind") == "ClusterWorkflowTemplate"
    ]
    outlines = [{**facts, "object": {"metadata": facts["object"]["metadata"]}} for facts in standards]
    document = {
        "today": scope.today.isoformat(),
        "cluster": scope.cluster,
        "whole": scope.whole,
        "codes": scope.codes,
        "waivers": repository.waivers.data["waivers"] if repository.waivers else [],
        "roles": len({entry["identity"] for entry in facts.entries if entry["project"] and "identity" in entry}),
    }
    return [
        orjson.dumps(
            {
                **document,
                "standards": [] if part else standards,
                "outlines": outlines if part else [],
                **_projects(repository, part_of, part),
                "manifests": own,
            }
        )
        for part, own in enumerate(entries)
    ]


def _projects(repository: Repository, part_of: Mapping[str, int], part: int) -> dict[str, Any]:
    """Return the projects of a part with the catalog that they need, and the pipelines of all others."""
    projects = repository.projects.values()
    own = [project for project in projects if part_of[project.name] == part]
    return {
        "catalog": _catalog_of(repository, own) if part else repository.catalog.kinds,
        "projects": [_project(project) for project in own],
        "elsewhere": [f"{p.name}/{name}" for p in projects if part_of[p.name] != part for name in p.pipelines],
    }


def _catalog_of(repository: Repository, projects: Sequence[Project]) -> dict[str, Any]:
    """Return the catalog with those owners alone whose projects or waivers are judged: a large tree has very many."""
    waivers = repository.waivers.data["waivers"] if repository.waivers else []
    named = {project.owner for project in projects} | {waiver["owner"] for waiver in waivers}
    kinds = dict(repository.catalog.kinds)
    if "owners" in kinds:
        kinds["owners"] = {owner: facts for owner, facts in kinds["owners"].items() if owner in named}
    return kinds


def identity_annotation(repository: Repository) -> str:
    """Return the annotation by which a ServiceAccount bears a cloud identity; empty where the catalog names none."""
    return str(repository.catalog.kinds.get("platform", {}).get("identity", {}).get("annotation", ""))


def _entries(
    facts: ManifestFacts, part_of: Mapping[str, int], costs: Mapping[str, Mapping[str, Any]]
) -> list[list[dict[str, Any]]]:
    """Return the manifests of each part; those that share an identity are in the part of each of them."""
    entries: list[list[dict[str, Any]]] = [[] for _ in range(max(part_of.values(), default=0) + 1)]
    accounts: dict[str, list[dict[str, Any]]] = {}  # those of each identity
    for entry in facts.entries:
        sent = {**entry, "object": orjson.Fragment(entry["object"])} if "object" in entry else entry
        if entry["kind"] == "CronWorkflow" and entry["path"] in costs:
            sent["cost"] = costs[entry["path"]]
        entries[part_of.get(entry["project"], 0)].append(sent)
        if entry["project"] is None:  # the names of what is the platform's are for every part
            for own in entries[1:]:
                own.append({key: value for key, value in entry.items() if key != "object"})
        elif "identity" in entry:
            accounts.setdefault(entry["identity"], []).append(sent)
    for alike_accounts in accounts.values():
        parts = {part_of.get(entry["project"], 0) for entry in alike_accounts}
        for part in parts if len(parts) > 1 else ():
            entries[part] += [entry for entry in alike_accounts if part_of.get(entry["project"], 0) != part]
    for place, projects in facts.repeats.items():
        by_part: dict[int, list[str]] = {}
        for project in projects:
            by_part.setdefault(part_of.get(project, 0), []).append(project)
        for part, own_projects in by_part.items():
            entries[part].append(alike(place, own_projects))
    return entries


def _project(project: Project) -> dict[str, Any]:
    return {
        "name": project.name,
        "owner": project.owner,
        "file": project.document.file,
        "pipelines": {
            name: {**pipeline.decisions, "standard": str(pipeline.standard)}
            for name, pipeline in project.pipelines.items()
        },
    }


def _standard(standard: Standard, template: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": standard.ref.name,
        "version": standard.ref.version,
        "folder": standard.folder,
        "file": f"{standard.folder}/rendered.yaml",
        "object": template,
        "limits": standard.limits,
        "nodes": most_nodes(template.get("spec", {}), standard.limits),
        "parameters": {name: {"pattern": p.pattern, "by_hand": p.by_hand} for name, p in standard.parameters.items()},
        "service_account": standard.document.data.get("service_account", ""),
    }
