"""From manifests to one workflow: what is to run, its spec merged with its template's.

Source: workflow/util/merge.go, common/convert.go.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dac.model import Document, Finding
from dac.run.argo.fields import HELD, KINDS
from dac.run.argo.library import Library
from dac.run.argo.merge import merge_named, merged
from dac.run.argo.node import JSON
from dac.run.argo.reader import read
from dac.run.argo.refusal import Refused
from dac.run.argo.scope import rfc3339


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be run.

    Attributes:
        document: where it was read from.
        kind: of its object.
        name: the object's name or generateName.
        namespace: where it would run.
        spec: merged with its template's.
        labels, annotations: of the Workflow that is made of it.
        library: the templates that it may refer to.
        unused: kind and name of the documents beside it that only a cluster has a use for.
    """

    document: Document
    kind: str
    name: str
    namespace: str
    spec: JSON
    labels: dict[str, str]
    annotations: dict[str, str]
    library: Library
    unused: tuple[str, ...] = ()


def assemble(
    documents: Sequence[Document], now: datetime, *, entrypoint: str = "", parameters: Mapping[str, str] | None = None
) -> Source:
    """Pick what to run among documents: the Workflow or CronWorkflow, else the first template.

    Raises:
        Refused: There is nothing to run, a field is not supported, or a template is not among the documents.
    """
    own, others = _split(documents)
    read_all = [(document, *read(document)) for document in own]
    if findings := [finding for _, _, own in read_all for finding in own]:
        raise Refused(sorted(findings))
    read_all = [item for item in read_all if item[1]["kind"] not in HELD]
    if not read_all:
        raise Refused([Finding(documents[0].at(()), "run.kind", "nothing to run", "give a workflow")])
    library = Library(
        *(
            {_own_name(o): o.get("spec", {}) for _, o, _ in read_all if o["kind"] == kind}
            for kind in ("WorkflowTemplate", "ClusterWorkflowTemplate")
        )
    )
    document, item = next(
        ((d, o) for d, o, _ in read_all if o["kind"] in ("Workflow", "CronWorkflow")), read_all[0][:2]
    )
    metadata = item.get("metadata", {})
    labels, annotations = dict(metadata.get("labels", {})), dict(metadata.get("annotations", {}))
    spec = item.get("spec", {})
    if item["kind"] == "CronWorkflow":
        labels, annotations = _of_cron(item, now)
        spec = spec.get("workflowSpec", {})
    spec = _joined(copy.deepcopy(spec), document, library)
    if entrypoint:
        spec["entrypoint"] = entrypoint
    _override(spec, parameters or {})
    name = metadata.get("name") or metadata.get("generateName", "workflow-").rstrip("-")
    namespace = metadata.get("namespace", "default")
    return Source(document, item["kind"], name, namespace, spec, labels, annotations, library, others)


def _split(documents: Sequence[Document]) -> tuple[list[Document], tuple[str, ...]]:
    """Part a file's documents into what is read and the names of the rest; all are read where nothing can be run."""
    if not any(_kind(document) in KINDS for document in documents):
        return list(documents), ()
    own = [document for document in documents if _kind(document) in (*KINDS, *HELD, "")]
    others = [document.data for document in documents if _kind(document) not in (*KINDS, *HELD, "")]
    names = [item["metadata"] if isinstance(item.get("metadata"), dict) else {} for item in others]
    return own, tuple(
        f"{item['kind']} {name.get('name', '')}".strip() for item, name in zip(others, names, strict=True)
    )


def _kind(document: Document) -> str:
    return str(document.data.get("kind", "")) if isinstance(document.data, dict) else ""


def _own_name(item: JSON) -> str:
    metadata = item.get("metadata", {})
    return str(metadata.get("name") or metadata.get("generateName", ""))


def _of_cron(item: JSON, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    extra = item.get("spec", {}).get("workflowMetadata", {})
    labels = {
        "workflows.argoproj.io/cron-workflow": item.get("metadata", {}).get("name", ""),
        **extra.get("labels", {}),
    }
    return labels, {"workflows.argoproj.io/scheduled-time": rfc3339(now), **extra.get("annotations", {})}


def _joined(spec: JSON, document: Document, library: Library) -> JSON:
    """Merge the spec over that of the template it refers to; lists of named things are merged by name."""
    reference = spec.get("workflowTemplateRef")
    if reference is None:
        return spec
    name, cluster = reference.get("name", ""), bool(reference.get("clusterScope"))
    if name not in library.specs[cluster]:
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        place = (
            document.at(("spec", "workflowSpec", "workflowTemplateRef"))
            if _kind(document) == "CronWorkflow"
            else document.at(("spec", "workflowTemplateRef"))
        )
        raise Refused(
            [
                Finding(
                    place,
                    "run.unknown_template",
                    f'no {kind} "{name}" was given',
                    "add the file that has it with another -f",
                )
            ]
        )
    if spec.get("templates"):
        raise Refused(
            [
                Finding(
                    document.at(("spec", "templates")),
                    "run.invalid",
                    "Templates is invalid field in spec if workflow referred WorkflowTemplate reference",
                    "remove them",
                )
            ]
        )
    under = copy.deepcopy(library.specs[cluster][name])
    return _join(spec, under)


def _join(spec: JSON, under: JSON) -> JSON:
    """Merge a spec over its template's (JoinWorkflowSpec): hooks and computed labels whole, the rest field by field."""
    result: JSON = merged(under, spec)
    if "hooks" in under and "hooks" in spec:
        result["hooks"] = {**under["hooks"], **spec["hooks"]}
    own, base = (side.get("workflowMetadata", {}).get("labelsFrom", {}) for side in (spec, under))
    if own and base:
        result["workflowMetadata"]["labelsFrom"] = {**base, **own}
    # Of a parameter in both, whoever gives a value first gives all of it.
    whole: dict[str, JSON] = {}
    for side in (under, spec):
        parameters = side.get("arguments", {}).get("parameters", [])
        whole |= {item["name"]: item for item in parameters if {"value", "default", "valueFrom"} & set(item)}
    listed = result.get("arguments", {}).get("parameters", [])
    for index, item in enumerate(listed):
        listed[index] = whole.get(item["name"], item)
    return result


def _override(spec: JSON, parameters: Mapping[str, str]) -> None:
    """Put in the arguments given on the command line, as `argo submit -p` does."""
    if not parameters:
        return
    existing = spec.setdefault("arguments", {}).setdefault("parameters", [])
    given = [{"name": name, "value": value} for name, value in parameters.items()]
    spec["arguments"]["parameters"] = merge_named(given, existing)
