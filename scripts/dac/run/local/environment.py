"""The variables that a container states: written, or from ConfigMaps, Secrets and the pod's own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dac.run.argo.node import JSON
from dac.run.local.bindings import Bindings
from dac.run.local.pod_fields import PodError, PodFields
from dac.run.local.sandbox import PathMap

_LONGEST_HOST = 63  # characters, as the kubelet cuts the name of a pod for its host
_VARIABLE = re.compile(r"\$(?:\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")


@dataclass(frozen=True, slots=True)
class Environment:
    """Works out the variables of one pod's containers.

    Attributes:
        fields: the pod's own.
        bindings: the ConfigMaps and Secrets.
    """

    fields: PodFields
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
                value = self._sourced(variable["valueFrom"], str(container["name"]))
                if value is not None:
                    variables[variable["name"]] = value
            else:
                variables[variable["name"]] = expanded(paths.value(variable.get("value", "")), variables)
        own = {"HOSTNAME": self.fields.field("metadata.name")[:_LONGEST_HOST]}
        return {**own, **variables, "ARGO_CONTAINER_NAME": str(container["name"]), "ARGO_NODE_ID": self.fields.node.id}

    def _all_of(self, source: JSON) -> dict[str, str]:
        """Return every key of a ConfigMap or Secret as a variable."""
        kind = "configMapRef" if "configMapRef" in source else "secretRef"
        reference = source.get(kind, {})
        objects = self.bindings.configmaps if kind == "configMapRef" else self.bindings.secrets
        data = objects.get(reference.get("name", ""))
        if data is None and not reference.get("optional"):
            raise PodError(f'{kind.removesuffix("Ref").lower()} "{reference.get("name")}" not found')
        return {source.get("prefix", "") + key: value for key, value in (data or {}).items()}

    def _sourced(self, source: JSON, container: str) -> str | None:
        """Return the value of a variable from a ConfigMap, a Secret or a field; None where optional and missing."""
        if reference := source.get("configMapKeyRef"):
            value = self.bindings.configmap(reference.get("name", ""), reference.get("key", ""))
            kind = "ConfigMap"
        elif reference := source.get("secretKeyRef"):
            value = self.bindings.secrets.get(reference.get("name", ""), {}).get(reference.get("key", ""))
            kind = "Secret"
        elif reference := source.get("resourceFieldRef"):
            return self.fields.resource(reference, container)
        else:
            return self.fields.field(source.get("fieldRef", {}).get("fieldPath", ""))
        if value is None and not reference.get("optional"):
            where = f"{self.fields.op.identity.namespace}/{reference.get('name')}"
            raise PodError(f"couldn't find key {reference.get('key')} in {kind} {where}")
        return value


def expanded(text: str, values: Mapping[str, str]) -> str:
    """Expand `$(NAME)` as Kubernetes does: `$$` is `$`, an unknown name stays."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(lambda m: "$" if m[1] is None else values.get(m[1], m[0]), text)
