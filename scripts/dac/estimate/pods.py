"""What a step's pods ask for, how long they may run, and what an hour of them costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.model.quantity import parse_bytes, parse_milli

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of a step, one like the other.

    Attributes:
        cpus: that each asks for.
        gib: of memory.
        gpus: by kind.
        lanes: how many run at once.
        deadline: seconds that each may run; None where that is not known.
    """

    cpus: float
    gib: float
    gpus: Mapping[str, int]
    lanes: int = 1
    deadline: float | None = None

    @property
    def gpu_count(self) -> int:
        """GPUs of any kind."""
        return sum(self.gpus.values())

    def usd_an_hour(self, prices: Mapping[str, Any]) -> float:
        """Return what an hour of one pod costs.

        Raises:
            KeyError: the catalog lacks a price; its name is the argument.
        """
        cost = self.cpus * prices["cpu_hour"]["usd"] + self.gib * prices["memory_gib_hour"]["usd"]
        gpus = sum(count * prices[f"gpu_hour_{kind}"]["usd"] for kind, count in self.gpus.items() if count)
        return float(cost + gpus)


def of_size(roles: Sequence[str], size: Mapping[str, Any]) -> Pods:
    """Return pods of one or several roles of a size: containers that run beside one another.

    Raises:
        ValueError: the size lacks a role, or a quantity is not one.
    """
    of_roles = size.get("pods", {})
    if missing := [role for role in roles if role not in of_roles]:
        raise ValueError(f"the size has no pods {missing[0]}")
    parts = [of_roles[role] for role in roles]
    gpus: dict[str, int] = {}
    for part in parts:
        kind = str(part.get("gpu_kind", "none"))
        gpus[kind] = gpus.get(kind, 0) + int(part.get("gpu", 0))
    return Pods(
        sum(parse_milli(str(part["cpu"])) for part in parts) / 1000,
        sum(parse_bytes(str(part.get("memory", "0"))) for part in parts) / _GIB,
        gpus,
        min(int(part["parallelism"]) for part in parts),
        min((float(part["deadline_seconds"]) for part in parts if "deadline_seconds" in part), default=None),
    )


def of_service(facts: Mapping[str, Any]) -> Pods:
    """Return the pods of a search service of the catalog."""
    return Pods(parse_milli(str(facts["cpu"])) / 1000, parse_bytes(str(facts["memory"])) / _GIB, {})


def of_template(name: str, template: Mapping[str, Any]) -> Pods:
    """Return the pods of a template of a ClusterWorkflowTemplate, by the requests of their container.

    Raises:
        ValueError: there is no such template, or a quantity is not one.
    """
    entries = {entry.get("name"): entry for entry in template.get("spec", {}).get("templates", [])}
    if name not in entries:
        raise ValueError(f"the template has no pods {name}")
    entry = entries[name]
    asked = entry.get("container", {}).get("resources", {}).get("requests", {})
    deadline = entry.get("activeDeadlineSeconds")
    return Pods(
        parse_milli(str(asked.get("cpu", "0"))) / 1000,
        parse_bytes(str(asked.get("memory", "0"))) / _GIB,
        {},
        deadline=float(deadline) if isinstance(deadline, int | float) else None,
    )
