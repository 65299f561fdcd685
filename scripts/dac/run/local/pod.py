"""A pod as processes: what each container runs, with which variables, where (workflow/controller/workflowpod.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dac.run.argo import arguments, gojson, patch
from dac.run.argo.node import JSON
from dac.run.argo.state import PodRequest, RunState
from dac.run.argo.tags import TagError
from dac.run.local.bindings import Bindings
from dac.run.local.images import Images
from dac.run.local.sandbox import PathMap

SCRIPT = "/argo/staging/script"
_VARIABLE = re.compile(r"\$(?:\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")


class PodError(Exception):
    """A pod that the controller or the cluster would not start."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container as a process.

    Attributes:
        command: program and arguments, with this machine's paths.
        environment: the whole environment.
        folder: working directory.
        paths: the container's paths on this machine.
        resources: its requests and limits, which are recorded only.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    paths: PathMap
    resources: Any


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as processes: its containers, and the template that says what goes in and out."""

    node: str
    folder: Path
    template: JSON
    main: Container
    before: list[Container]
    beside: list[Container]
    include_output: bool
    keep_log: bool


def build(op: RunState, wanted: PodRequest, folder: Path, shared: Path, bindings: Bindings, images: Images) -> Pod:
    """Works out a pod's processes.

    Args:
        folder: of the pod.
        shared: of the run's volume claims, which outlive a pod.

    Raises:
        PodError: a volume, a key or a patch is missing or wrong.
        RuntimeError: an image's environment cannot be installed.
    """
    return _Builder(op, wanted, folder, shared, bindings, images).pod()


class _Builder:
    def __init__(
        self, op: RunState, wanted: PodRequest, folder: Path, shared: Path, bindings: Bindings, images: Images
    ) -> None:
        self.op, self.wanted, self.folder, self.shared, self.bindings, self.images = (
            op,
            wanted,
            folder,
            shared,
            bindings,
            images,
        )
        self.template = wanted.template
        self.node = op.nodes.get(wanted.node)

    def pod(self) -> Pod:
        spec = self.patched(self.spec())
        main = next(c for c in spec["containers"] if c["name"] == "main")
        mounts = main.get("volumeMounts", [])
        volumes = {volume["name"]: self.volume(volume) for volume in spec["volumes"] if self.used(volume, spec)}
        beside = [self.container(c, volumes, mounts) for c in spec["containers"] if c is not main]
        before = [self.container(c, volumes, mounts) for c in spec["initContainers"]]
        return Pod(
            self.node.id,
            self.folder,
            self.template,
            self.container(main, volumes, []),
            before,
            beside,
            self.wanted.include_output,
            self.template.get("archiveLocation", {}).get("archiveLogs", self.op.spec.get("archiveLogs", False)),
        )

    def used(self, volume: JSON, spec: JSON) -> bool:
        containers = [*spec["containers"], *spec["initContainers"]]
        return any(mount["name"] == volume["name"] for c in containers for mount in c.get("volumeMounts", []))

    def spec(self) -> JSON:
        """The pod before patches: the main container under its name, its neighbours, its volumes."""
        main = dict(self.template.get("container") or self.template.get("script") or {})
        if "script" in self.template and main.get("source"):
            main["args"] = [*main.get("args", []), SCRIPT]
        claims = [
            {"name": claim["metadata"]["name"], "claim": {}} for claim in self.op.spec.get("volumeClaimTemplates", [])
        ]
        volumes = [*self.volumes(), *self.template.get("volumes", []), *claims]
        sidecars = self.template.get("sidecars", [])
        return {
            "containers": [{**main, "name": "main"}, *sidecars],
            "initContainers": self.template.get("initContainers", []),
            "volumes": volumes,
        }

    def volumes(self) -> list[JSON]:
        text = gojson.dumps(self.op.spec.get("volumes", []))
        found: list[JSON] = gojson.loads(self.op.tags.replace(text, self.op.globals, True))
        return found

    def patched(self, spec: JSON) -> JSON:
        patches = []
        local = {"pod.name": self.op.pod_name(self.node.name, self.template.get("name", ""))}
        for text in (self.op.spec.get("podSpecPatch"), self.template.get("podSpecPatch")):
            if text:
                with_patch = {**self.template, "podSpecPatch": text}
                try:
                    processed = arguments.process(
                        self.op.tags, with_patch, {}, self.op.globals, local, self.op.configmaps
                    )
                    patches.append(processed["podSpecPatch"])
                except (arguments.ArgumentError, TagError) as fault:
                    raise PodError(f"Failed to substitute the PodSpecPatch variables: {fault}") from fault
        try:
            return patch.apply(spec, patches)
        except patch.PatchError as fault:
            raise PodError(str(fault)) from fault

    def volume(self, volume: JSON) -> Path:
        """The folder of a volume, filled where it is made of a ConfigMap or a Secret."""
        name = str(volume["name"])
        if "claim" in volume:
            return self.shared / name
        folder = self.folder / "volumes" / name
        for kind, key, source in (
            ("configMap", "name", self.bindings.configmaps),
            ("secret", "secretName", self.bindings.secrets),
        ):
            if kind in volume:
                self.fill(
                    folder,
                    volume[kind],
                    source.get(volume[kind].get(key, "")),
                    f'{kind.lower()} "{volume[kind].get(key, "")}"',
                    name,
                )
        return folder

    def fill(self, folder: Path, source: JSON, data: Mapping[str, str] | None, what: str, name: str) -> None:
        if data is None:
            if not source.get("optional"):
                raise PodError(f'MountVolume.SetUp failed for volume "{name}" : {what} not found')
            data = {}
        items = source.get("items") or [{"key": key, "path": key} for key in data]
        for item in items:
            if item["key"] not in data:
                raise PodError(
                    f'MountVolume.SetUp failed for volume "{name}" : references non-existent {what} key: {item["key"]}'
                )
            path = folder / item["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(data[item["key"]])

    def container(self, spec: JSON, volumes: Mapping[str, Path], mirrored: list[JSON]) -> Container:
        name = str(spec["name"])
        own = [*spec.get("volumeMounts", []), *(mirrored if spec.get("mirrorVolumeMounts") else [])]
        mounts = {}
        for mount in own:
            if mount["name"] not in volumes:
                raise PodError(f"volume '{mount['name']}' not found in workflow spec")
            mounts[mount["mountPath"]] = volumes[mount["name"]] / mount.get("subPath", "")
        declared = self.declared() if name == "main" or spec.get("mirrorVolumeMounts") else []
        paths = PathMap(
            self.folder / "main" if spec.get("mirrorVolumeMounts") else self.folder / name, mounts, declared
        )
        place = self.images.place(spec.get("image", ""))
        stated = self.environment(spec, name, paths)
        environment = {**place.environment, "HOME": str(paths.host("/tmp")), "TMPDIR": str(paths.host("/tmp"))}
        environment |= stated
        words = [_expanded(paths.text(word), stated) for word in [*spec.get("command", []), *spec.get("args", [])]]
        folder = paths.host(spec["workingDir"]) if spec.get("workingDir") else place.folder or paths.own
        return Container(name, words, environment, folder, paths, spec.get("resources"))

    def declared(self) -> list[str]:
        inputs, outputs = self.template.get("inputs", {}), self.template.get("outputs", {})
        artifacts = [a.get("path", "") for side in (inputs, outputs) for a in side.get("artifacts", [])]
        return [*artifacts, *(p.get("valueFrom", {}).get("path", "") for p in outputs.get("parameters", []))]

    def environment(self, spec: JSON, name: str, paths: PathMap) -> dict[str, str]:
        """The stated variables, each with those before it put in.

        Only what the manifest itself writes can be a path of the pod's: an address from a ConfigMap or a Secret is left
        as it is, also where it lies in this machine's own /tmp or /work.
        """
        found: dict[str, str] = {}
        for source in spec.get("envFrom", []):
            found |= self.all_of(source)
        for variable in spec.get("env", []):
            if "valueFrom" in variable:
                value = self.sourced(variable["valueFrom"])
                if value is not None:
                    found[variable["name"]] = value
            else:
                found[variable["name"]] = _expanded(paths.value(variable.get("value", "")), found)
        return {**found, "ARGO_CONTAINER_NAME": name, "ARGO_NODE_ID": self.node.id}

    def all_of(self, source: JSON) -> dict[str, str]:
        """Every key of a ConfigMap or Secret as a variable."""
        kind = "configMapRef" if "configMapRef" in source else "secretRef"
        reference = source.get(kind, {})
        held = self.bindings.configmaps if kind == "configMapRef" else self.bindings.secrets
        data = held.get(reference.get("name", ""))
        if data is None and not reference.get("optional"):
            raise PodError(f'{kind.removesuffix("Ref").lower()} "{reference.get("name")}" not found')
        return {source.get("prefix", "") + key: value for key, value in (data or {}).items()}

    def sourced(self, source: JSON) -> str | None:
        """The value of a variable from a ConfigMap, a Secret or the pod's own fields.

        None where optional and missing.
        """
        if reference := source.get("configMapKeyRef"):
            value = self.bindings.configmap(reference.get("name", ""), reference.get("key", ""))
            kind = "ConfigMap"
        elif reference := source.get("secretKeyRef"):
            value = self.bindings.secrets.get(reference.get("name", ""), {}).get(reference.get("key", ""))
            kind = "Secret"
        else:
            return self.field(source.get("fieldRef", {}).get("fieldPath", ""))
        if value is None and not reference.get("optional"):
            raise PodError(
                f"couldn't find key {reference.get('key')} in {kind} "
                f"{self.op.identity.namespace}/{reference.get('name')}"
            )
        return value

    def field(self, path: str) -> str:
        known: dict[str, str] = {
            "metadata.name": self.op.pod_name(self.node.name, self.template.get("name", "")),
            "metadata.namespace": self.op.identity.namespace,
            "metadata.uid": self.node.id,
            "spec.nodeName": "localhost",
            "spec.serviceAccountName": self.op.spec.get("serviceAccountName", "default"),
            "status.podIP": "127.0.0.1",
            "status.hostIP": "127.0.0.1",
        }
        if path not in known:
            raise PodError(f"fieldRef {path} is not known here")
        return known[path]


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` as Kubernetes expands it; `$$` is `$`, an unknown name stays."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(lambda m: "$" if m[1] is None else values.get(m[1], m[0]), text)
