"""A pod's own fields, as its containers may be given them: by `fieldRef`, and its amounts by `resourceFieldRef`."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState

_LOOPBACK = "127.0.0.1"


class PodError(Exception):
    """A pod that the controller or the cluster would not start."""


@dataclass(frozen=True, slots=True)
class PodFields:
    """What a pod says of itself.

    Attributes:
        op: the run.
        node: the pod's.
        template: the pod's, with its tags filled in.
        containers: of the pod, by name, once they are known.
    """

    op: RunState
    node: Node
    template: JSON
    containers: Mapping[str, JSON] = field(default_factory=dict)

    def field(self, path: str) -> str:
        """Return a field's text.

        Raises:
            PodError: The pod has no such field here.
        """
        base, _, key = path.partition("[")
        if base in ("metadata.labels", "metadata.annotations"):
            values = self._labels() if base == "metadata.labels" else self._annotations()
            return values.get(key.strip("]'\""), "") if key else _lines(values)
        fields: dict[str, str] = {
            "metadata.name": self.op.pod_name(self.node.name, self.template.get("name", "")),
            "metadata.namespace": self.op.identity.namespace,
            "metadata.uid": self.node.id,
            "spec.nodeName": "localhost",
            "spec.serviceAccountName": self.op.spec.get("serviceAccountName", "default"),
            **dict.fromkeys(("status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs"), _LOOPBACK),
        }
        if path not in fields:
            raise PodError(f"fieldRef {path} is not known here")
        return fields[path]

    def resource(self, reference: JSON, own: str = "") -> str:
        """Return an amount that a container asks for or may take, in its divisor, rounded up.

        One without a limit may take what this machine has, and one without a request asks for its limit.

        Args:
            reference: the `resourceFieldRef`.
            own: the container that asks, where the reference names none.

        Raises:
            PodError: There is no such container.
        """
        name = reference.get("containerName") or own
        if name not in self.containers:
            raise PodError(f'container "{name}" not found')
        kind, _, what = str(reference.get("resource", "")).partition(".")
        stated = self.containers[name].get("resources") or {}
        limit = (stated.get("limits") or {}).get(what)
        asked = (stated.get("requests") or {}).get(what, limit)
        amount = limit if kind == "limits" else asked if asked is not None else 0
        value = _quantity(amount) if amount is not None else Decimal(_of_machine(what))
        return str(math.ceil(value / (_quantity(reference.get("divisor") or 0) or 1)))

    def _labels(self) -> dict[str, str]:
        own = {"workflows.argoproj.io/workflow": self.op.identity.name, "workflows.argoproj.io/completed": "false"}
        return {**own, **self._stated("labels")}

    def _annotations(self) -> dict[str, str]:
        own = {"workflows.argoproj.io/node-name": self.node.name, "workflows.argoproj.io/node-id": self.node.id}
        return {**own, **self._stated("annotations")}

    def _stated(self, kind: str) -> dict[str, str]:
        of_run, of_template = self.op.spec.get("podMetadata", {}), self.template.get("metadata", {})
        return {**of_run.get(kind, {}), **of_template.get(kind, {})}


def _lines(values: Mapping[str, str]) -> str:
    """Return a map as a file of the downward API has it: `key="value"` a line, sorted."""
    return "\n".join(f"{key}={json.dumps(values[key], ensure_ascii=False)}" for key in sorted(values))


def _quantity(amount: str | float) -> Decimal:
    from kubernetes.utils.quantity import parse_quantity  # its package takes a second to import

    return Decimal(parse_quantity(str(amount)))  # type: ignore[no-untyped-call]


def _of_machine(what: str) -> int:
    """Return what this machine has of a resource: CPUs, or bytes."""
    if what == "cpu":
        return len(os.sched_getaffinity(0))
    if what == "memory":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return shutil.disk_usage("/").total
