"""What expressions read of a project, a pipeline and a standard, with where each part of it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dac.expand.alerts import RECORDS, alert_files
from dac.expand.origins.sourced import (
    Origins,
    Sourced,
    fixed,
    mapping,
    origin_at,
    origin_of_file,
    sequence,
    written,
)
from dac.expand.pipelines import facts_of_standard, pipeline_variables
from dac.model import Document, Pipeline, Pointer, Project, Repository, Standard
from dac.model.origin import Origin


def of_standard(standard: Standard, uses: Iterable[Origin] = ()) -> Sourced:
    """Return what is read under `standard`.

    Args:
        standard: what is read.
        uses: the decisions that name it.
    """
    facts, document = facts_of_standard(standard), standard.document
    named = (*uses, origin_at(document, ("name",)), origin_at(document, ("version",)))
    parts = {name: fixed(facts[name], *named) for name in ("name", "version", "ref", "template")}
    parts |= {name: written(document, (name,), facts[name]) for name in ("service_account", "limits", "parameters")}
    parts["figures"] = written(document, ("estimate", "figures"), facts["figures"])
    return mapping(parts)


def of_standards(standards: Iterable[Standard], project: Project | None = None) -> Sourced:
    """Return what is read under `standards`."""
    return sequence([of_standard(standard, _uses(project, standard)) for standard in standards])


def of_alerts(repository: Repository, groups: Sequence[Mapping[str, Any]]) -> Sourced:
    """Return what is read under `alerts`: each rule with its file, and the address of its page with the catalog's."""
    platform = repository.platform
    files = [*([RECORDS] if RECORDS in platform else []), *alert_files(platform)]
    settings = repository.catalog.documents.get("platform")
    runbooks = [origin_at(settings, ("monitoring", "runbooks"))] if settings else []
    parts = []
    for file, group in zip(files, groups, strict=True):
        document, rules = platform[file][0], group["rules"]
        whole = file == RECORDS
        held = written(document, (), rules) if whole else sequence([_alert(document, rules[0], runbooks)])
        parts.append(mapping({"name": fixed(group["name"], origin_of_file(file)), "rules": held}))
    return mapping({"groups": sequence(parts)})


def _alert(document: Document, rule: Mapping[str, Any], runbooks: Iterable[Origin]) -> Sourced:
    notes = {name: written(document, ("annotations", name), text) for name, text in rule["annotations"].items()}
    notes["runbook_url"] = fixed(rule["annotations"]["runbook_url"], origin_of_file(document.file), *runbooks)
    parts = {name: written(document, (name,), value) for name, value in rule.items()}
    return mapping(parts | {"annotations": mapping(notes)})


def of_pipeline(project: Project, pipeline: Pipeline, standard: Standard) -> dict[str, Sourced]:
    """Return what the expressions of a standard read of a pipeline, by variable."""
    values, document = pipeline_variables(project, pipeline, standard, facts_of_standard(standard)), project.document
    named = origin_at(document, ("pipelines", pipeline.name), key=True)
    use = origin_at(document, ("pipelines", pipeline.name, "standard"))
    return {
        "decisions": _decisions(values["decisions"], project, pipeline, standard),
        "project": mapping(
            _named(project) | {"pipelines": written(document, ("pipelines",), values["project"]["pipelines"])}
        ),
        "pipeline": fixed(values["pipeline"], named),
        "standard": of_standard(standard, [use]),
        "content": fixed(values["content"]),
    }


def of_namespace(
    project: Project, values: Mapping[str, Any], quota: Sourced, endpoints: Sourced, arguments: Mapping[str, Sourced]
) -> Sourced:
    """Return what the templates of a namespace read under `project`; `arguments` are those of each pipeline."""
    keys = [origin_at(project.document, ("pipelines", name), key=True) for name in project.pipelines]
    parts = {"pipelines": fixed(values["pipelines"], *keys), "quota": quota, "endpoints": endpoints}
    parts["uses"] = sequence([_use(use, project, arguments) for use in values["uses"]])
    return mapping(_named(project) | parts)


def _use(use: Mapping[str, Any], project: Project, arguments: Mapping[str, Sourced]) -> Sourced:
    name = next(name for name, pipeline in project.pipelines.items() if pipeline.workflow == use["pipeline"])
    key = origin_at(project.document, ("pipelines", name), key=True)
    standard = origin_at(project.document, ("pipelines", name, "standard"))
    account = fixed(use["service_account"], standard)
    return mapping({"pipeline": fixed(use["pipeline"], key), "service_account": account, "arguments": arguments[name]})


def _named(project: Project) -> dict[str, Sourced]:
    return {
        "name": fixed(project.name, origin_at(project.document, ())),
        "owner": written(project.document, ("owner",), project.owner),
    }


def _decisions(value: Any, project: Project, pipeline: Pipeline, standard: Standard) -> Sourced:
    """Return the decisions, each where the team wrote it, else where the standard's schema has the default."""

    def origins(pointer: Pointer) -> Origins:
        decided: Pointer = ("pipelines", pipeline.name, *pointer)
        if decided in project.document.values:
            return (origin_at(project.document, decided),)
        schema: Pointer = ("decisions",)
        default: Origins = ()
        for key in pointer:
            schema = (*schema, "properties", key)
            if (*schema, "default") in standard.document.values:
                default = (origin_at(standard.document, (*schema, "default")),)
        return default or (origin_at(project.document, decided),)

    return Sourced(value, origins)


def _uses(project: Project | None, standard: Standard) -> list[Origin]:
    """Return the decisions of a project that name a standard."""
    return [
        origin_at(project.document, ("pipelines", name, "standard"))
        for name, pipeline in (project.pipelines.items() if project else ())
        if project and pipeline.standard == standard.ref
    ]
