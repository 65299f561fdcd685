"""What a project's namespace may hold at once, as its pipelines' sizes ask for it.

A pipeline has one run at a time (its mutex), which holds at most one of these at once: the pods that its standard's
`limits.pod` names, with those of `limits.beside`; or those of one entry of `limits.alone`. Beside either there is one
pod without a size, which waits, marks an end or tidies up. A run whose pods do not fit waits for the quota.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.model import Standard
from dac.model.quantity import bytes_text, milli_text, parse_bytes, parse_milli

Held = Counter[str]  # thousandths of a CPU, bytes, GPUs, pods


_KINDS = ("requests", "limits")


@dataclass(frozen=True, slots=True)
class Containers:
    """What pods hold beside what their size says, each as `resources` of a container; {} where nothing is known.

    Attributes:
        own: the container of a step that no size speaks of.
        executor: the container that Argo adds to each pod.
    """

    own: Mapping[str, Any]
    executor: Mapping[str, Any]


def quota(
    pipelines: Iterable[tuple[Standard, Mapping[str, str]]],
    sizes: Mapping[str, Any],
    containers: Containers,
    runs: int,
    services: Mapping[str, Any],
) -> dict[str, str]:
    """Return the quantities of a namespace's quota: cpu, cpu_limit, memory, memory_limit, storage, gpus, pods, runs.

    Args:
        pipelines: each pipeline's standard and arguments.
        sizes: the catalog's.
        containers: what pods hold beside their size.
        runs: the most Workflow objects of one pipeline.
        services: the catalog's search services.
    """
    uses = list(pipelines)
    needs = [held(standard.limits, arguments, sizes, containers) for standard, arguments in uses]
    return quota_of(needs, runs, [service_held(arguments, services) for _, arguments in uses])


def quota_of(needs: Sequence[Held], runs: int, beside: Iterable[Held] = ()) -> dict[str, str]:
    """Return the quantities as `quota` does, of what each pipeline holds, and what stands beside their runs."""
    total = sum(beside, start=sum(needs, start=Held()))
    return {
        "cpu": milli_text(total["cpu"]),
        "cpu_limit": milli_text(total["cpu_limit"]),
        "memory": bytes_text(total["memory"]),
        "memory_limit": bytes_text(total["memory_limit"]),
        "storage": bytes_text(total["storage"]),
        "gpus": str(total["gpus"]),
        "pods": str(total["pods"]),
        "runs": str(len(needs) * runs),
    }


def held(
    limits: Mapping[str, Any], arguments: Mapping[str, str], sizes: Mapping[str, Any], containers: Containers
) -> Held:
    """Return what a pipeline holds at most at once: by its size, and by which of its arguments are not empty.

    Args:
        limits: of its standard.
        arguments: its own.
        sizes: the catalog's.
        containers: what pods hold beside their size.
    """
    pods = sizes.get(arguments.get("size", ""), {}).get("pods", {})
    beside, alone = ([e for e in limits.get(key, []) if _runs(e, arguments)] for key in ("beside", "alone"))
    executor = _container(containers.executor)
    own = _container(containers.own) + executor
    most = _pods({"role": limits.get("pod", "")}, pods, executor)
    for entry in beside:  # its work is done by a sidecar, so that the pod has a step's own container as well
        most += _pods(entry, pods, own)
    for entry in alone:
        most |= _pods(entry, pods, own)  # of two Counters, the greater of each
    return most + own + Held(pods=1)


def service_held(arguments: Mapping[str, str], services: Mapping[str, Any]) -> Held:
    """Return what a pipeline's search service holds: its pods, and one more while it is replaced."""
    facts = services.get(arguments.get("serve", ""), {})
    if "replicas" not in facts:
        return Held()
    requests, limits = (
        {"cpu": facts["cpu"], "memory": facts["memory"]},
        {"cpu": facts["cpu_limit"], "memory": facts["memory"]},
    )
    pod = Held(pods=1) + _container({"requests": requests, "limits": limits})
    return Held({unit: amount * (facts["replicas"] + 1) for unit, amount in pod.items()})


def _runs(entry: Mapping[str, Any], arguments: Mapping[str, str]) -> bool:
    return "where" not in entry or arguments.get(entry["where"], "") != ""


def _pods(entry: Mapping[str, Any], pods: Mapping[str, Any], around: Held) -> Held:
    """Return what all pods of an entry hold; nothing where the size does not list its role, which policy reports."""
    pod, counted = pods.get(entry["role"]), pods.get(entry.get("times", entry["role"]))
    if pod is None or counted is None:
        return Held()
    pod_held = Held(gpus=pod.get("gpu", 0), pods=1)
    pod_held += _container({kind: {"cpu": pod.get("cpu", "0"), "memory": pod.get("memory", "0")} for kind in _KINDS})
    if pod.get("volume"):
        pod_held["storage"] = parse_bytes(str(pod["disk"]))
    return Held({unit: amount * counted.get("parallelism", 1) for unit, amount in (pod_held + around).items()})


def _container(resources: Mapping[str, Any]) -> Held:
    requests, limits = (resources.get(kind, {}) for kind in _KINDS)
    return Held(
        cpu=parse_milli(str(requests.get("cpu", "0"))),
        cpu_limit=parse_milli(str(limits.get("cpu", "0"))),
        memory=parse_bytes(str(requests.get("memory", "0"))),
        memory_limit=parse_bytes(str(limits.get("memory", "0"))),
    )
