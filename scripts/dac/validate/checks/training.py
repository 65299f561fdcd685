"""Check decisions about training that would fail only in a pod.

Too little memory, layers that the model does not have, a metric that the suite does not compute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model import Finding, Pipeline, Project, Repository
from dac.model.quantity import parse_bytes
from dac.model.suggestion import choose_from, suggestion
from dac.model.words import article_list, quoted
from dac.validate.checks.training_memory import GIB, estimate


def check(
    repository: Repository, project: Project, pipeline: Pipeline, decisions: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield what is wrong with a fine-tuning pipeline's decisions taken together."""
    kinds = repository.catalog.kinds
    model, size = kinds["base_models"][decisions["base_model"]], kinds["sizes"][decisions["size"]]

    def finding(path: str, code: str, text: str, remedy: str) -> Finding:
        at = project.document.at(("pipelines", pipeline.name, *path.split(".")))
        return Finding(at, f"training.{code}", text, remedy)

    suite, metric = decisions["gate"]["suite"], decisions["gate"]["metric"]
    metrics = kinds["suites"][suite]["metrics"]
    if metric not in metrics:
        path = "gate.metric" if "metric" in pipeline.decisions["gate"] else "gate"
        text = f"suite {quoted(suite)} does not compute {quoted(metric)}"
        yield finding(path, "metric_unknown", text, suggestion(metric, metrics))
    lacking = [name for name in decisions["lora_targets"] if name not in model["layers"]]
    for name in lacking:
        text = f"{quoted(decisions['base_model'])} has no layer {quoted(name)} for LoRA to adapt"
        yield finding("lora_targets", "target_unknown", text, choose_from(model["layers"]))
    if "fine-tuning" not in size["settings"]:
        sizes = [name for name, facts in kinds["sizes"].items() if "fine-tuning" in facts["settings"]]
        text = f"size {quoted(decisions['size'])} says nothing of training"
        yield finding("size", "size_unfit", text, choose_from(sizes))
    elif not lacking:
        yield from _memory(repository, decisions, finding)


def _memory(repository: Repository, decisions: Mapping[str, Any], finding: Any) -> Iterator[Finding]:
    kinds = repository.catalog.kinds
    model, sizes = kinds["base_models"][decisions["base_model"]], kinds["sizes"]
    name = decisions["size"]
    room, needed = _room(kinds, name), _needed(decisions, model, sizes[name])
    if needed.total <= room:
        return
    fits = [s for s in sizes if s != name and _fits(kinds, decisions, model, s)]
    remedy = f"choose {article_list(fits)}" if fits else "no size of the catalog is enough"
    if decisions["method"] == "full" and _fits(kinds, {**decisions, "method": "lora"}, model, name):
        remedy += ", or method lora" if fits else "; method lora fits"
    text = (
        f"training {quoted(decisions['base_model'])} takes about {needed.total / GIB:.1f} GiB on each device "
        f"({needed}) and size {quoted(name)} has {room / GIB:.1f} GiB"
    )
    yield finding("size", "size_too_small", text, remedy)


def _fits(kinds: Mapping[str, Any], decisions: Mapping[str, Any], model: Mapping[str, Any], size: str) -> bool:
    facts = kinds["sizes"][size]
    return "fine-tuning" in facts["settings"] and _needed(decisions, model, facts).total <= _room(kinds, size)


def _room(kinds: Mapping[str, Any], size: str) -> float:
    pod = kinds["sizes"][size]["pods"]["train"]
    return float(kinds["gpus"][pod["gpu_kind"]]["memory_gib"]) * GIB if pod["gpu"] else parse_bytes(str(pod["memory"]))


def _needed(decisions: Mapping[str, Any], model: Mapping[str, Any], size: Mapping[str, Any]) -> Any:
    lora = None
    if decisions["method"] == "lora":
        lora = {"rank": model["lora"]["rank"], "targets": decisions["lora_targets"] or model["lora"]["targets"]}
    return estimate(model["architecture"], size["settings"]["fine-tuning"], lora, bool(size["pods"]["train"]["gpu"]))
