"""A pipeline's CronWorkflow from its decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.expand.content import annotated, content_hash
from dac.expand.expressions import ExpressionError, Expressions
from dac.expand.yaml_template import Template
from dac.model import Finding, Pipeline, Project, Standard, StandardRef
from dac.model.schedule import longest_gap, parse_cron, settle_cron, timezone_known
from dac.model.standard import with_defaults
from dac.model.words import kind_of, quoted

# The template's own hash covers what a run does; this argument's carries the CronWorkflow's into it.
_CONTENT = "content"


def facts_of_standard(standard: Standard) -> dict[str, Any]:
    """Return what expressions read of a standard, under `standard` and in `standards`."""
    return {
        "name": standard.ref.name,
        "version": standard.ref.version,
        "ref": str(standard.ref),
        "template": standard.ref.template,
        "service_account": standard.service_account,
        "limits": standard.limits,
        "figures": standard.estimate.get("figures", {}),
        "parameters": {name: {"pattern": p.pattern, "by_hand": p.by_hand} for name, p in standard.parameters.items()},
    }


def pipeline_variables(
    project: Project, pipeline: Pipeline, standard: Standard, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the expressions of a standard read of a pipeline that uses it.

    Args:
        project: whose pipeline it is.
        pipeline: that uses the standard.
        standard: that it uses.
        facts: of the standard, as `facts_of_standard` gives them.
    """
    return {
        "decisions": with_defaults(pipeline.decisions, standard.decisions),
        "project": {
            "name": project.name,
            "owner": project.owner,
            "pipelines": {name: other.decisions for name, other in project.pipelines.items()},  # as written
        },
        "pipeline": {"name": pipeline.name, "workflow": pipeline.workflow},
        "standard": facts,
        _CONTENT: "",
    }


def cron_workflow(
    project: Project,
    pipeline: Pipeline,
    standard: Standard,
    facts: Mapping[str, Any],
    template: Template,
    expressions: Expressions,
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the CronWorkflow; None if an expression failed. The facts are as in `pipeline_variables`."""
    variables = pipeline_variables(project, pipeline, standard, facts)
    arguments, findings = _arguments(standard, expressions, variables)
    schedule, new_findings = _schedule(project, pipeline, standard, expressions, variables)
    if findings or new_findings:
        return None, findings + new_findings
    objects, new_findings = template.render(expressions, {**variables, "schedule": schedule, "arguments": arguments})
    if new_findings:
        return None, new_findings
    manifest: dict[str, Any] = objects[0]
    content = content_hash(manifest)
    for argument in arguments:  # the very list that the manifest holds
        if argument["name"] == _CONTENT:
            argument["value"] = content
    return annotated(manifest, content), []


def arguments_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return a CronWorkflow's arguments by name; none where a platform's template passes none."""
    spec = manifest.get("spec", {}).get("workflowSpec", {})
    return {each["name"]: each["value"] for each in spec.get("arguments", {}).get("parameters", [])}


def uses_of(
    project: Project, rendered: Mapping[str, Mapping[str, str]], standards: Mapping[StandardRef, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return each pipeline that could be rendered, with its standard's account and its arguments.

    Args:
        project: whose pipelines they are.
        rendered: pipeline -> its arguments.
        standards: the facts of each, as `facts_of_standard` gives them.
    """
    return [
        {
            "pipeline": project.pipelines[name].workflow,
            "service_account": standards[project.pipelines[name].standard]["service_account"],
            "arguments": dict(rendered[name]),
        }
        for name in sorted(rendered)
    ]


def _arguments(
    standard: Standard, expressions: Expressions, variables: Mapping[str, Any]
) -> tuple[list[dict[str, str]], list[Finding]]:
    arguments: list[dict[str, str]] = []
    findings: list[Finding] = []
    for name, parameter in standard.parameters.items():
        try:
            value = expressions.evaluate(parameter.value, variables)
        except ExpressionError as error:
            text, remedy = f"{quoted(name)} cannot be evaluated: {error}", "fix the expression"
        else:
            if isinstance(value, str):
                arguments.append({"name": name, "value": value})
            if value is None or isinstance(value, str):
                continue
            text, remedy = (
                f"{quoted(name)} is {kind_of(value)}, and an argument is text",
                "wrap it in string(...), or in json(...)",
            )
        place = standard.document.at(("parameters", name, "value"))
        findings.append(Finding(place, "standard.expression", text, remedy))
    return arguments, findings


def _schedule(
    project: Project, pipeline: Pipeline, standard: Standard, expressions: Expressions, variables: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Finding]]:
    try:
        schedule = dict(expressions.evaluate(standard.schedule, variables))
        parse_cron(schedule["cron"])
    except (ExpressionError, ValueError) as error:
        text, remedy = str(error), 'write a name, or a cron line such as "30 4 * * 1-5"'
    else:
        if timezone_known(schedule["timezone"]):
            return settled_schedule(schedule, project, pipeline), []
        text, remedy = f"unknown time zone {quoted(schedule['timezone'])}", "write one such as Europe/Berlin"
    place = project.document.at(("pipelines", pipeline.name, "schedule"))
    return {}, [Finding(place, "schedule.wrong", text, remedy)]


def settled_schedule(schedule: Mapping[str, Any], project: Project, pipeline: Pipeline) -> dict[str, Any]:
    """Return a schedule with its hashed fields settled by the pipeline's name, so that starts are spread.

    `longest_gap` is beside them: the most seconds between two starts.
    """
    cron = settle_cron(schedule["cron"], f"{project.name}/{pipeline.name}")
    return {**schedule, "cron": cron, "longest_gap": longest_gap(cron)}
