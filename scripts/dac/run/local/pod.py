"""A pod as processes: what each container runs, with which files, where (workflow/controller/workflowpod.go)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dac.run.argo import arguments, boundary, commands, container_set, gojson, patch
from dac.run.argo.node import JSON
from dac.run.argo.pods import PodRequest
from dac.run.argo.state import RunState
from dac.run.argo.tags import TagError
from dac.run.local import own_paths, roots, volume_files
from dac.run.local.bindings import Bindings
from dac.run.local.claims import Claims
from dac.run.local.environment import Environment, expanded
from dac.run.local.images import Images
from dac.run.local.pod_fields import PodError, PodFields
from dac.run.local.sandbox import PathMap, contained

SCRIPT = "/argo/staging/script"
TERMINATION = "/dev/termination-log"  # where a container says why it ended


@dataclass(frozen=True, slots=True)
class Container:
    """One container as a process.

    Attributes:
        command: program and arguments, with this machine's paths.
        environment: the whole environment.
        folder: working directory.
        paths: the container's paths on this machine.
        resources: its requests and limits, which are recorded only.
        spec: the container as the pod has it.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    paths: PathMap
    resources: Any
    spec: JSON


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as processes: its containers, and the template that says what goes in and out.

    Attributes:
        main: whose outputs are the node's; of a container set without one, its last.
        before, beside: its init containers and its sidecars.
        together: the containers of a container set, `main` among them.
    """

    node: str
    folder: Path
    template: JSON
    main: Container
    before: list[Container]
    beside: list[Container]
    include_output: bool
    keep_log: bool
    together: list[Container] = field(default_factory=list)


def build(op: RunState, wanted: PodRequest, folder: Path, claims: Claims, bindings: Bindings, images: Images) -> Pod:
    """Work out a pod's processes.

    Args:
        op: the run.
        wanted: the pod.
        folder: of the pod.
        claims: where volume claims lie.
        bindings: the ConfigMaps and Secrets.
        images: where each image's commands run.

    Raises:
        PodError: A volume, a key or a patch is missing or wrong.
        RuntimeError: An image's environment cannot be installed.
    """
    return _Builder(op, wanted, folder, claims, bindings, images).pod()


class _Builder:
    def __init__(
        self, op: RunState, wanted: PodRequest, folder: Path, claims: Claims, bindings: Bindings, images: Images
    ) -> None:
        self.op, self.wanted, self.bindings, self.images = op, wanted, bindings, images
        self.folder, self.claims = folder, claims
        self.template = wanted.template
        self.node = op.nodes.get(wanted.node)
        self.fields = PodFields(op, self.node, self.template)

    def pod(self) -> Pod:
        spec = self.patched(self.spec())
        for problem in [*boundary.template_problems(self.template), *boundary.pod_problems(spec)]:
            raise PodError(f"cannot be run here: {problem}")
        own = {c["name"]: c for c in (*spec["initContainers"], *spec["containers"])}
        self.fields = replace(self.fields, containers=own)
        of_set = [item["name"] for item in container_set.containers(self.template)]
        main = next((c for c in spec["containers"] if c["name"] == "main"), spec["containers"][len(of_set) - 1])
        mounts = main.get("volumeMounts", [])
        volumes = {volume["name"]: self.volume(volume) for volume in spec["volumes"] if self.used(volume, spec)}
        built = {c["name"]: self.container(c, volumes, [] if c is main else mounts) for c in spec["containers"]}
        beside = [built[c["name"]] for c in spec["containers"] if c is not main and c["name"] not in of_set]
        before = [self.container(c, volumes, mounts) for c in spec["initContainers"]]
        return Pod(
            self.node.id,
            self.folder,
            self.template,
            built[main["name"]],
            before,
            beside,
            self.wanted.include_output,
            self.template.get("archiveLocation", {}).get("archiveLogs", self.op.spec.get("archiveLogs", False)),
            [built[name] for name in of_set],
        )

    def used(self, volume: JSON, spec: JSON) -> bool:
        containers = [*spec["containers"], *spec["initContainers"]]
        return any(mount["name"] == volume["name"] for c in containers for mount in c.get("volumeMounts", []))

    def spec(self) -> JSON:
        """Return the pod before patches: the main container under its name, its neighbours, its volumes."""
        together = container_set.containers(self.template)
        main = dict(self.template.get("container") or self.template.get("script") or {})
        if "script" in self.template and main.get("source"):
            main["args"] = [*main.get("args", []), SCRIPT]
        claims = [
            {"name": claim["metadata"]["name"], "claim": {}} for claim in self.op.spec.get("volumeClaimTemplates", [])
        ]
        volumes = [*self.volumes(), *self.template.get("volumes", []), *claims]
        sidecars = self.template.get("sidecars", [])
        return {
            "containers": [*(together or [{**main, "name": "main"}]), *sidecars],
            "initContainers": self.template.get("initContainers", []),
            "volumes": volumes,
        }

    def volumes(self) -> list[JSON]:
        text = gojson.dumps(self.op.spec.get("volumes", []))
        volumes: list[JSON] = gojson.loads(self.op.tags.replace(text, self.op.globals, True))
        return volumes

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
                except (arguments.ArgumentError, TagError) as error:
                    raise PodError(f"Failed to substitute the PodSpecPatch variables: {error}") from error
        try:
            return patch.apply(spec, patches)
        except patch.PatchError as error:
            raise PodError(str(error)) from error

    def volume(self, volume: JSON) -> Path:
        """Return the folder of a volume; fill it where it is made of a ConfigMap, a Secret or the pod's own fields."""
        name = str(volume["name"])
        if (kept := self.claims.of(volume)) is not None:
            return kept
        folder = self.folder / "volumes" / name
        volume_files.fill(folder, volume, self.bindings, self.fields)
        return folder

    def container(self, spec: JSON, volumes: Mapping[str, Path], mirrored: list[JSON]) -> Container:
        spec = commands.with_command(spec, self.images)
        name = str(spec["name"])
        mounted = [*spec.get("volumeMounts", []), *(mirrored if spec.get("mirrorVolumeMounts") else [])]
        mounts = {}
        for mount in mounted:
            if mount["name"] not in volumes:
                raise PodError(f"volume '{mount['name']}' not found in workflow spec")
            volume = volumes[mount["name"]]
            mounts[mount["mountPath"]] = volume / mount.get("subPath", "")
            if not contained(mounts[mount["mountPath"]], volume):  # by a link that an earlier step left in a claim
                raise PodError(f"cannot be run here: subPath {mount['subPath']!r} leads out of volume {volume.name!r}")
        declared = self.declared() if name == "main" or spec.get("mirrorVolumeMounts") else []
        text = " ".join([*spec.get("command", []), *spec.get("args", []), str(spec.get("source", ""))])
        declared = own_paths.own([*declared, TERMINATION], spec.get("workingDir", ""), text)
        own = self.folder / ("main" if spec.get("mirrorVolumeMounts") else name)
        paths = PathMap(own, mounts, declared, mounted=self.images.has_root(spec.get("image", "")))
        stated = Environment(self.fields, self.bindings).of(spec, paths)
        if refused := commands.refusal(spec, stated, self.images):
            raise PodError(f"cannot be run here: {refused[2]}; {refused[3]}")
        place = self.images.place(spec.get("image", ""))
        environment = {**place.environment, "HOME": paths.seen("/tmp"), "TMPDIR": paths.seen("/tmp")}
        environment |= {**self.bindings.passed(), **stated}
        words = [expanded(paths.text(word), stated) for word in [*spec.get("command", []), *spec.get("args", [])]]
        folder = paths.host(spec["workingDir"]) if spec.get("workingDir") else place.folder or paths.own
        if paths.mounted:
            written = {item["name"] for item in spec.get("env", []) if "valueFrom" not in item}
            given = {**self.bindings.passed(), **{k: v for k, v in stated.items() if k not in written}}
            program = shutil.which(words[0], path=environment.get("PATH", "")) or ""
            shown = dict.fromkeys(roots.visible([*place.environment.values(), *given.values(), program], paths), False)
            paths.shown = shown | dict.fromkeys(roots.addressed(given.values(), paths), True)
        return Container(name, words, environment, folder, paths, spec.get("resources"), spec)

    def declared(self) -> list[str]:
        inputs, outputs = self.template.get("inputs", {}), self.template.get("outputs", {})
        artifacts = [a.get("path", "") for side in (inputs, outputs) for a in side.get("artifacts", [])]
        return [*artifacts, *(p.get("valueFrom", {}).get("path", "") for p in outputs.get("parameters", []))]
