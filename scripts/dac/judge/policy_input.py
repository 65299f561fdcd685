"""The JSON document that the rules read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from dac.judge.parts import parts_of
from dac.judge.run_nodes import most_nodes
from dac.model import Manifest, Project, Repository, Standard
from dac.model.schedule import firing_interval

# Kinds that rules sum up over an owner's projects.
SUMMED = frozenset(["CronWorkflow", "ResourceQuota"])
# Kinds that rules read of every project, whatever they hold.
_OF_EACH = SUMMED | {"Namespace", "ServiceAccount"}
LARGE = 100_000  # bytes from which on a rule may refuse an object; of others no rule asks how large they are


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
    repository: Repository, manifests: Sequence[Manifest], scope: Scope, costs: Mapping[str, Mapping[str, Any]]
) -> list[bytes]:
    """Return the documents as JSON: one for what is in no project, and one for each part of the projects.

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
    entries: list[list[dict[str, Any]]] = [[] for _ in range(max(part_of.values(), default=0) + 1)]
    accounts: dict[str, list[dict[str, Any]]] = {}  # those of each identity
    for facts in _manifests(manifests, _identity_annotation(repository), costs, part_of):
        entries[part_of.get(facts["project"], 0)].append(facts)
        if facts["project"] is None:  # the names of what is the platform's are for every part
            for own in entries[1:]:
                own.append({key: value for key, value in facts.items() if key != "object"})
        elif "identity" in facts:
            accounts.setdefault(facts["identity"], []).append(facts)
    for alike in accounts.values():
        # Those that share an identity are in the part of each of them.
        for part in {part_of.get(facts["project"], 0) for facts in alike}:
            entries[part] += [facts for facts in alike if part_of.get(facts["project"], 0) != part]
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
        "roles": len(accounts),
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


def _identity_annotation(repository: Repository) -> str:
    """Return the annotation by which a ServiceAccount bears a cloud identity; empty where the catalog names none."""
    return str(repository.catalog.kinds.get("platform", {}).get("identity", {}).get("annotation", ""))


def _manifests(
    manifests: Sequence[Manifest],
    identity: str,
    costs: Mapping[str, Mapping[str, Any]],
    part_of: Mapping[str, int],
) -> Iterator[dict[str, Any]]:
    seen: set[bytes] = set()
    first: dict[tuple[int, bytes], dict[str, Any]] = {}  # where an object stands -> the facts of the first that does
    for manifest in manifests:
        for each in manifest.objects:
            metadata, kind = each.get("metadata", {}), each.get("kind", "")
            facts = {
                "path": manifest.path,
                "project": manifest.project,
                "kind": kind,
                "name": metadata.get("name", ""),
                "namespace": metadata.get("namespace", ""),
            }
            content = orjson.dumps({key: value for key, value in each.items() if key != "metadata"})
            if manifest.project:
                content = content.replace(manifest.project.encode(), b"\0")
            repeats = content in seen
            seen.add(content)
            if kind in SUMMED or (kind != "ClusterWorkflowTemplate" and not repeats):
                facts["object"] = each
                if repeats:
                    facts["repeats"] = True
            if manifest.project and kind not in _OF_EACH:
                part = part_of.get(manifest.project, 0)  # `also` names projects of the same part: each has its waivers
                alike = first.setdefault((part, _where(facts, manifest.project)), facts)
                if repeats and alike is not facts and len(content) <= LARGE:
                    alike.setdefault("also", []).append(manifest.project)
                    continue
            if kind == "ServiceAccount" and (role := metadata.get("annotations", {}).get(identity)):
                facts["identity"] = role
            if kind == "Namespace":
                facts["labels"] = metadata.get("labels", {})
            if kind == "CronWorkflow" and (interval := firing_interval(_schedules(each))) is not None:
                facts["interval_minutes"] = interval
            if len(content) > LARGE:
                facts["bytes"] = len(content) + len(orjson.dumps(metadata))
            if kind == "CronWorkflow" and manifest.path in costs:
                facts["cost"] = costs[manifest.path]
            yield facts


def _where(facts: Mapping[str, Any], project: str) -> bytes:
    """Return where an object stands, and null in place of the project's name."""
    names = (None if facts[key] == project else facts[key] for key in ("name", "namespace"))
    return orjson.dumps([facts["kind"], facts["path"].removeprefix(f"projects/{project}/"), *names])


def _schedules(cron_workflow: Mapping[str, Any]) -> list[str]:
    schedules = cron_workflow.get("spec", {}).get("schedules", [])
    return [str(line) for line in schedules] if isinstance(schedules, list) else []


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
