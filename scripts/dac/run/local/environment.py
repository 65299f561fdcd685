"""The variables that a container states: written, or from ConfigMaps, Secrets and the pod's own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState
from dac.run.local.bindings import Bindings
from dac.run.local.sandbox import PathMap

_VARIABLE = re.compile(r"\$(?:\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")


class PodError(Exception):
    """A pod that the controller or the cluster would not start."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Works out the variables of one pod's containers.

    Attributes:
        op: the run.
        node: the pod's.
        template_name: the pod's template.
        bindings: the ConfigMaps and Secrets.
    """

    op: RunState
    node: Node
    template_name: str
    bindings: Bindings

    def of(self, container: JSON, paths: PathMap) -> dict[str, str]:
        """Return a container's variables, each with those before it put in.

        Only what the manifest itself writes can be a path of the pod's: an address from a ConfigMap or a Secret is left
        as it is, also where it lies in this machine's own /tmp or /work.

        Raises:
            PodError: A ConfigMap, a Secret or a key is missing, or a field is unknown.
        """
        variables: dict[str, str] = {}
        for source in container.get("envFrom", []):
            variables |= self._all_of(source)
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                value = self._sourced(variable["valueFrom"])
                if value is not None:
                    variables[variable["name"]] = value
            else:
                variables[variable["name"]] = expanded(paths.value(variable.get("value", "")), variables)
        return {**variables, "ARGO_CONTAINER_NAME": str(container["name"]), "ARGO_NODE_ID": self.node.id}

    def _all_of(self, source: JSON) -> dict[str, str]:
        """Return every key of a ConfigMap or Secret as a variable."""
        kind = "configMapRef" if "configMapRef" in source else "secretRef"
        reference = source.get(kind, {})
        objects = self.bindings.configmaps if kind == "configMapRef" else self.bindings.secrets
        data = objects.get(reference.get("name", ""))
        if data is None and not reference.get("optional"):
            raise PodError(f'{kind.removesuffix("Ref").lower()} "{reference.get("name")}" not found')
        return {source.get("prefix", "") + key: value for key, value in (data or {}).items()}

    def _sourced(self, source: JSON) -> str | None:
        """Return the value of a variable from a ConfigMap, a Secret or a field; None where optional and missing."""
        if reference := source.get("configMapKeyRef"):
            value = self.bindings.configmap(reference.get("name", ""), reference.get("key", ""))
            kind = "ConfigMap"
        elif reference := source.get("secretKeyRef"):
            value = self.bindings.secrets.get(reference.get("name", ""), {}).get(reference.get("key", ""))
            kind = "Secret"
        else:
            return self._field(source.get("fieldRef", {}).get("fieldPath", ""))
        if value is None and not reference.get("optional"):
            where = f"{self.op.identity.namespace}/{reference.get('name')}"
            raise PodError(f"couldn't find key {reference.get('key')} in {kind} {where}")
        return value

    def _field(self, path: str) -> str:
        fields: dict[str, str] = {
            "metadata.name": self.op.pod_name(self.node.name, self.template_name),
            "metadata.namespace": self.op.identity.namespace,
            "metadata.uid": self.node.id,
            "spec.nodeName": "localhost",
            "spec.serviceAccountName": self.op.spec.get("serviceAccountName", "default"),
            "status.podIP": "127.0.0.1",
            "status.hostIP": "127.0.0.1",
        }
        if path not in fields:
            raise PodError(f"fieldRef {path} is not known here")
        return fields[path]


def expanded(text: str, values: Mapping[str, str]) -> str:
    """Expand `$(NAME)` as Kubernetes does: `$$` is `$`, an unknown name stays."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(lambda m: "$" if m[1] is None else values.get(m[1], m[0]), text)
