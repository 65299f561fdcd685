"""A whole workflow: its entrypoint, exit handler, arguments and hooks, and then every template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dac.model import Document, Finding, Location, Pointer
from dac.model.words import quoted
from dac.run.argo.library import Base
from dac.run.argo.lint.calls import unconditional_hooks, unsupplied, value_faults
from dac.run.argo.lint.field_name import PARAMETER, LintError, check_name
from dac.run.argo.lint.interface import check_volume
from dac.run.argo.lint.template import TemplateLinter
from dac.run.argo.template import calls_of
from dac.run.argo.workflow import Source

# A CronWorkflow's runs have a time behind its name.
_MISSING = ".valueFrom is required"  # of every argument without a value at once, below
_OF_ARGUMENT = re.compile(r"failed to resolve \{\{\s*workflow\.parameters\.([-\w]+)\s*\}\}")
_LONGEST = {"Workflow": 63, "WorkflowTemplate": 63, "ClusterWorkflowTemplate": 63, "CronWorkflow": 52}


def findings(source: Source, documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield the first thing that is wrong with each template, and all that is wrong with the spec itself."""
    template_places = dict(_template_places(documents))
    spec_place = source.document.at(("spec",))
    if not source.spec.get("entrypoint"):
        names = [template["name"] for template in source.spec.get("templates", []) if template.get("name")]
        listed = f"name the template to start with, --entrypoint NAME: {', '.join(names)}" if names else "correct it"
        yield _finding(spec_place, "spec.entrypoint is required", listed)
        return
    if missing := _without_value(source):
        given = f"give {'them' if len(missing) > 1 else 'it'} with " + " ".join(f"-p {n}=VALUE" for n in missing)
        yield _finding(spec_place, f"no value for {', '.join(map(quoted, missing))}", given)
    for message in _of_spec(source):
        yield _finding(spec_place, message)
    linter = TemplateLinter(source)
    base = source.library.local(source.spec)
    seen: set[str] = set()
    before_exit = _called(source.spec["entrypoint"], base)
    templates = source.spec.get("templates", [])
    for template in sorted(templates, key=lambda template: template.get("name", "") not in before_exit):
        name = template.get("name", "")
        if name not in before_exit and source.spec.get("onExit"):
            linter.allow_failures()
        try:
            check_name(f"templates.{name}", name, seen)
            linter.check(template, base)
        except LintError as error:
            argument = _OF_ARGUMENT.search(str(error))
            remedy = f"correct it, or give it with -p {argument[1]}=VALUE" if argument else "correct it"
            yield _finding(template_places.get(name, spec_place), str(error), remedy)


def _called(entrypoint: str, base: Base) -> set[str]:
    """Return the names of the workflow's own templates that its entrypoint leads to."""
    called, waiting = {entrypoint}, [entrypoint]
    while waiting:
        template = base.templates.get(waiting.pop(), {})
        names = {task.get("template", "") for task in calls_of(template)} - called
        called |= names
        waiting += names
    return called


def _finding(place: Location, message: str, remedy: str = "correct it") -> Finding:
    return Finding(place, "run.invalid", f"the controller would refuse it: {message}", remedy)


def _without_value(source: Source) -> list[str]:
    """Return the arguments, and the inputs of the entrypoint, that nothing gives a value."""
    arguments = source.spec.get("arguments", {})
    names = [p["name"] for p in arguments.get("parameters", []) if "value" not in p and p.get("valueFrom") is None]
    entry = source.library.local(source.spec).templates.get(source.spec["entrypoint"], {})
    return [*names, *unsupplied(entry.get("inputs", {}), arguments)]


def _template_places(documents: Sequence[Document]) -> Iterable[tuple[str, Location]]:
    """Yield each template's name, and where the template stands."""
    for document in documents:
        spec = document.data.get("spec") if isinstance(document.data, dict) else None
        pointer: Pointer = ("spec",)
        if isinstance(spec, dict) and "workflowSpec" in spec:
            spec, pointer = spec["workflowSpec"], ("spec", "workflowSpec")
        for index, template in enumerate((spec or {}).get("templates") or []):
            if isinstance(template, dict):
                yield str(template.get("name", "")), document.at((*pointer, "templates", index))


def _of_spec(source: Source) -> Iterator[str]:
    spec, base = source.spec, source.library.local(source.spec)
    name, most = (source.document.data.get("metadata") or {}).get("name") or "", _LONGEST[source.kind]
    if len(name) > most:
        yield f"workflow name {quoted(name)} must not be more than {most} characters long (currently {len(name)})"
    for key in ("entrypoint", "onExit"):
        if spec.get(key) and spec[key] not in base.templates:
            yield f"template name '{spec[key]}' undefined"
    arguments = spec.get("arguments", {})
    seen: set[str] = set()
    for parameter in arguments.get("parameters", []):
        name = parameter.get("name", "")
        try:
            check_name("spec.arguments.parameters", name, seen, PARAMETER)
        except LintError as error:
            yield str(error)
    yield from (fault for fault in value_faults("spec.arguments", arguments) if not fault.endswith(_MISSING))
    for volume in spec.get("volumes", []):
        try:
            check_volume("spec.volumes", volume)
        except LintError as error:
            yield str(error)
    seen = set()
    for artifact in arguments.get("artifacts", []):
        try:
            check_name("spec.arguments.artifacts", artifact.get("name", ""), seen, PARAMETER)
        except LintError as error:
            yield str(error)
    for name in unconditional_hooks(spec):
        yield f"hooks.{name} Expression required"
