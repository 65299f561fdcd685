"""Refuses, before anything starts, a workflow that cannot be run here as Argo would run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dac.model import Document, Finding, Pointer
from dac.model.words import quoted
from dac.run.argo import boundary, commands, held, lint, resource
from dac.run.argo.answers import Answers
from dac.run.argo.commands import Images
from dac.run.argo.defaults import with_defaults
from dac.run.argo.expression import ExpressionError, parse, unknown_functions
from dac.run.argo.fields import HELD, KINDS
from dac.run.argo.location import host_folder, listed_place
from dac.run.argo.node import JSON
from dac.run.argo.reader import path_text
from dac.run.argo.tags import TagError, split
from dac.run.argo.workflow import Source

_EXPRESSIONS = ("expression", "fromExpression")


def refusals(
    source: Source, documents: Sequence[Document], images: Images, answers: Answers | None = None
) -> list[Finding]:
    """Return every reason not to run, sorted by place."""
    findings: list[Finding] = []
    answers, whole = answers or Answers(), []
    documents = [document for document in documents if isinstance(document.data, dict)]
    documents = [document for document in documents if document.data.get("kind") in (*KINDS, *HELD)]
    for document in documents:
        for pointer, template in templates(document):
            whole.append(with_defaults(template, source.spec))
            findings += _template(document, pointer, whole[-1], images, answers)
        findings += boundary.findings(document)
        findings += held.findings(document)
        findings += _expressions(document)
        findings += _hosts(document)
    for name in answers.unused(whole):
        message, remedy = f"no template has an output {quoted(name)} that is supplied", "correct --supply"
        findings.append(Finding(source.document.at(()), "run.supply", message, remedy))
    return sorted({*findings, *lint.findings(source, documents)})


def templates(document: Document) -> Iterator[tuple[Pointer, JSON]]:
    """Yield every template of a document, inline ones too, with its pointer."""
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("spec"), dict):
        return
    spec: JSON = data["spec"]
    pointer: Pointer = ("spec",)
    if data.get("kind") == "CronWorkflow":
        spec, pointer = data["spec"].get("workflowSpec") or {}, ("spec", "workflowSpec")
    for index, template in enumerate(spec.get("templates") or []):
        yield from _nested(template, (*pointer, "templates", index))


def _nested(template: JSON, pointer: Pointer) -> Iterator[tuple[Pointer, JSON]]:
    yield pointer, template
    for index, task in enumerate((template.get("dag") or {}).get("tasks") or []):
        if isinstance(task.get("inline"), dict):
            yield from _nested(task["inline"], (*pointer, "dag", "tasks", index, "inline"))
    for i, group in enumerate(template.get("steps") or []):
        for j, step in enumerate(group if isinstance(group, list) else [group]):
            if isinstance(step.get("inline"), dict):
                place: Pointer = (i, j) if isinstance(group, list) else (i,)
                yield from _nested(step["inline"], (*pointer, "steps", *place, "inline"))


def _template(
    document: Document, pointer: Pointer, template: JSON, images: Images, answers: Answers
) -> Iterable[Finding]:
    containers = [
        (kind, template[kind], (*pointer, kind))
        for kind in ("container", "script")
        if isinstance(template.get(kind), dict)
    ]
    for kind in ("initContainers", "sidecars"):
        containers += [(kind, c, (*pointer, kind, i)) for i, c in enumerate(template.get(kind) or [])]
    container_set = template.get("containerSet") or {}
    for index, container in enumerate(container_set.get("containers") or []):
        containers.append(("containerSet", container, (*pointer, "containerSet", "containers", index)))
    for kind, container, place in containers:
        yield from _container(document, place, kind, container, images)
    if isinstance(template.get("suspend"), dict):
        yield from _suspend(document, pointer, template, answers)
    if isinstance(template.get("resource"), dict):
        yield from _resource(document, pointer, template, answers)
    else:
        yield from _of_clusters(document, pointer, template)
    if "http" in template and not images.host_commands:
        message = "an HTTP request is not a program of a catalog image"
        remedy = "send it from this machine itself with --host-commands"
        yield Finding(document.at((*pointer, "http")), "run.own_command", message, remedy)
    artifact = ((template.get("data") or {}).get("source") or {}).get("artifactPaths") or {}
    if "data" in template and listed_place(artifact) is None:
        message, remedy = "a data template lists what lies in a bucket", "give artifactPaths an s3 with its bucket"
        yield Finding(document.at((*pointer, "data")), "run.unsupported_field", message, remedy)


def _hosts(document: Document) -> Iterator[Finding]:
    """Find volumes that only a cluster's node has: its devices, its sockets, its files."""
    spec: JSON = document.data.get("spec") or {}
    pointer: Pointer = ("spec",)
    if document.data.get("kind") == "CronWorkflow":
        spec, pointer = spec.get("workflowSpec") or {}, ("spec", "workflowSpec")
    for at, holder in [(pointer, spec), *templates(document)]:
        for index, volume in enumerate(holder.get("volumes") or []):
            if "hostPath" in volume and not host_folder(volume):
                path = quoted((volume["hostPath"] or {}).get("path"))
                message = f"hostPath {path} is not a folder that any machine can have"
                place = document.at_key((*at, "volumes", index, "hostPath"))
                yield Finding(place, "run.unsupported_field", message, "run this workflow on a cluster")


def _suspend(document: Document, pointer: Pointer, template: JSON, answers: Answers) -> Iterable[Finding]:
    """Find what would keep a run waiting for a person."""
    missing = answers.missing(template)
    for name in missing:
        yield Finding(
            document.at((*pointer, "suspend")),
            "run.waits",
            f"the output {quoted(name)} is supplied by a person while the run waits",
            f"give it before the run with --supply {name}=VALUE",
        )
    if not missing and not template["suspend"].get("duration") and not answers.resumes(template):
        yield Finding(
            document.at((*pointer, "suspend")),
            "run.waits",
            '"suspend" without a duration waits until a person resumes it',
            "let it go on at once with --resume, or give it a duration",
        )


def _resource(document: Document, pointer: Pointer, template: JSON, answers: Answers) -> Iterable[Finding]:
    """Find what of a resource template needs a cluster."""
    name, place = quoted(template.get("name", "")), document.at_key((*pointer, "resource"))
    if not answers.dry_run:
        does = "reads objects" if template["resource"].get("action") == "get" else "changes objects"
        remedy = "write what it would send into the run's folder, and send nothing, with --dry-run-resources"
        message = f"template {name} {does} of a cluster"
        yield Finding(place, "run.unsupported_field", message, f"{remedy}, or run this workflow on a cluster")
        return
    if missing := resource.unknown(template, answers):
        message = f"only a cluster knows the outputs of template {name}: {', '.join(missing)}"
        remedy = "give what it would answer with " + " ".join(f"--supply {output}=VALUE" for output in missing)
        yield Finding(place, "run.supply", message, remedy)


def _of_clusters(document: Document, pointer: Pointer, template: JSON) -> Iterable[Finding]:
    """Find parameters that are read of an object, in templates that have none."""
    for side in ("inputs", "outputs"):
        for index, parameter in enumerate((template.get(side) or {}).get("parameters") or []):
            for key in {"jsonPath", "jqFilter"} & set(parameter.get("valueFrom") or {}):
                at = (*pointer, side, "parameters", index, "valueFrom", key)
                message = f'"{path_text(at)}" reads an object, which resource templates alone have'
                yield Finding(document.at_key(at), "run.unsupported_field", message, "remove it")


def _container(document: Document, place: Pointer, kind: str, container: JSON, images: Images) -> Iterable[Finding]:
    if not container.get("image"):
        yield Finding(document.at(place), "run.missing_field", f'{path_text(place)} has no "image"', 'add "image"')
        return
    container = commands.with_command(container, images)
    variables = [str(variable.get("name", "")) for variable in container.get("env") or []]
    pointer, code, message, remedy = commands.refusal(container, variables, images) or ((), "", "", "")
    if code and (container.get("command") or code != "run.own_command"):
        yield Finding(document.at((*place, *pointer)), code, message, remedy)
    if not container.get("command"):
        yield Finding(
            document.at(place),
            "run.no_command",
            "a container without a command runs its image's own entrypoint, which is not known here",
            "write the command, or give it as --command IMAGE='PROGRAM ARGUMENT...'",
        )


def _expressions(document: Document) -> Iterable[Finding]:
    for pointer, text in _texts(document.data, ()):
        sources = [text] if pointer[-1] in _EXPRESSIONS else _tags(text)
        for source in sources:
            try:
                unknown = unknown_functions(parse(source))
            except ExpressionError as error:
                if pointer[-1] in _EXPRESSIONS and "{{" not in source:
                    yield Finding(
                        document.at(pointer), "run.expression", f"invalid expression {source!r}: {error}", "fix it"
                    )
                continue
            for name in unknown:
                yield Finding(
                    document.at(pointer),
                    "run.unknown_function",
                    f'the function "{name}" is not known here',
                    "use another, or run this workflow on a cluster",
                )


def _tags(text: str) -> list[str]:
    try:
        return [tag[1:] for _, tag in split(text) if tag is not None and tag.startswith("=")]
    except TagError:
        return []


def _texts(value: object, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*pointer, index))
