"""An evaluation without a project: the standard's own template, with an endpoint and a dataset of its own."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dac import run as runner
from dac.model import Document

NAMESPACE = "evaluate"
_OBJECTS, _ARTIFACTS = "objects", "s3://dac-artifacts"
REQUEST_SECONDS = 120
KEY_VARIABLE = "SECRET_MODEL_TOKEN"  # in which the programs look for the key where no Secret is mounted


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is asked of whom, and how it is scored.

    Attributes:
        name: of the pipeline, the endpoint and the dataset that it would become.
        url: of the endpoint.
        served: facts of the endpoint, as the catalog has them.
        metrics: by name.
        size: name of the size.
        max_tokens: of an answer.
        normalisation: name of the preset.
        floors: by metric, the smallest value that passes.
        accept: whether the run becomes what later ones are compared with.
        key: the endpoint's; empty where it asks for none.
        margin: the drop that counts as a regression.
    """

    name: str
    url: str
    served: Mapping[str, Any]
    metrics: Sequence[str]
    size: str
    max_tokens: int
    normalisation: str
    floors: Mapping[str, float] = field(default_factory=dict)
    accept: bool = False
    key: str = field(default="", repr=False)
    margin: float = 0.05

    def workflow(self, template: str) -> Document:
        """Return the Workflow that a project's CronWorkflow would make."""
        arguments = {
            "pipeline": self.name,
            "endpoint": self.name,
            "dataset": f"{self.name}@v1",
            "metrics": json.dumps(list(self.metrics), separators=(",", ":")),
            "margin": f"{self.margin:g}",
            "floors": ",".join(f"{name}={value:g}" for name, value in self.floors.items()),
            "longest": str(self.max_tokens),
            "normalisation": self.normalisation,
            "size": self.size,
            "accept": "baseline" if self.accept else "",
        }
        parameters = [{"name": name, "value": value} for name, value in arguments.items()]
        spec = {
            "workflowTemplateRef": {"name": template, "clusterScope": True},
            "arguments": {"parameters": parameters},
        }
        metadata = {"name": self.name, "namespace": NAMESPACE}
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
        return Document("dac evaluate", {**kind, "metadata": metadata, "spec": spec})

    def bindings(self, state: Path, dataset: Mapping[str, Any], platform: str) -> runner.Bindings:
        """Return what a cluster would supply of its own: addresses, facts and limits; the key goes by its variable.

        Args:
            state: the state folder.
            dataset: facts of the dataset.
            platform: the platform's namespace.
        """
        endpoints = {"objects": f"file://{state / _OBJECTS}", "artifacts": _ARTIFACTS, f"model-{self.name}": self.url}
        outside = dict.fromkeys(("mlflow", "pushgateway", "slack", "alerts-webhook", "alertmanager"), "")
        maps = {
            "endpoints": {**endpoints, **outside},
            "limits": {f"infer-{self.size}": "1"},
            f"{platform}/limits": {f"model-{self.name}": "1"},
            "catalog-served-models": {self.name: json.dumps(dict(self.served))},
            "catalog-datasets": {f"{self.name}_v1": json.dumps(dict(dataset))},
        }
        return runner.Bindings(maps, {}, frozenset([KEY_VARIABLE] if self.key else []))


def without_least_rows(template: Document) -> Document:
    """Return the standard's template as it takes a dataset of any size: what `dac evaluate` says beside a score."""
    data = copy.deepcopy(template.data)
    for step in data["spec"]["templates"]:
        words = step.get("container", {}).get("args", [])
        if "--least-rows" in words:
            words[words.index("--least-rows") + 1] = "1"
    return replace(template, data=data)


def dataset_file(state: Path, name: str) -> Path:
    """Return where a dataset is kept in the state folder's object store."""
    return state / _OBJECTS / "datasets" / f"{name}.jsonl"


def dataset_uri(name: str) -> str:
    """Return the address of that file."""
    return f"s3://datasets/{name}.jsonl"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; fields are empty where it ended before.

    Attributes:
        folder: of the run's own files.
    """

    folder: Path

    def json(self) -> dict[str, Any]:
        """Return scores, verdict, reason and the report's path."""
        card, comparison = self._read("scorecard.json"), self._read("comparison.json")
        report = self.report()
        names = ("value", "low", "high", "n", "standard_error")
        return {
            "scores": {
                metric: {name: entry[name] for name in names} for metric, entry in card.get("metrics", {}).items()
            },
            "samples": card.get("samples", {}),
            "verdict": comparison.get("verdict"),
            "reason": comparison.get("reason"),
            "report": str(report) if report else None,
        }

    def report(self) -> Path | None:
        """Return the report; None where there is none."""
        path = self.folder / "report.html"
        return path if path.is_file() else None

    def _read(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        value: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
        return value


def outcome(state: Path, name: str, uid: str) -> Outcome:
    """Return what a run left in the state folder's object store."""
    return Outcome(state / _OBJECTS / _ARTIFACTS.removeprefix("s3://") / NAMESPACE / name / "runs" / uid)
