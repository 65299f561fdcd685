"""The leaves of all that is rendered, each with the lines that it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from dac.expand.content import content_of
from dac.expand.expander import CATALOG, CLUSTER, CRON_WORKFLOW, FRAGMENTS, NAMESPACE, PLATFORM, Expander
from dac.expand.nodes import Place
from dac.expand.origins.capacity import endpoints_of, quota_of
from dac.expand.origins.objects import at, config_maps, leaves_of
from dac.expand.origins.runs import in_a_run
from dac.expand.origins.sourced import Origins, Sourced, fixed, mapping, origin_of_file, sequence, written
from dac.expand.origins.trace import Traced, Tracer, View
from dac.expand.origins.variables import of_alerts, of_namespace, of_pipeline, of_standard, of_standards
from dac.expand.pipelines import settled_schedule
from dac.expand.yaml_template import EACH, Template, compile_template
from dac.model import Document, Manifest, Pipeline, Project, Standard, StandardRef
from dac.model.object_path import structured
from dac.model.origin import Leaf

# Answers Argo's tags in a text, given the arguments; a tag that cannot be answered stays as it is.
Answer = Callable[[str, Mapping[str, str]], str]
# What `choose` writes: it is read here as it stands, since Argo's own evaluation takes a hundred times as long.
_CHOSEN = re.compile(r"\{\{=toJson\((\{.*\})\[workflow\.parameters\.([A-Za-z0-9_-]+)\]\)\}\}", re.DOTALL)
_KEY = ("configMapKeyRef", "key")


class Provenance:
    """Follows what an expander renders back to its lines.

    Args:
        expander: renders the tree.
        answer: evaluates the tags of Argo's templates.
    """

    def __init__(self, expander: Expander, answer: Answer) -> None:
        self._expander = expander
        self._repository = expander.repository
        self._answer = answer
        self._tracer = Tracer(expander.expressions, expander.repository.catalog)
        self._compiled: dict[int, Template] = {}

    def project(self, project: Project) -> Iterator[Leaf]:
        """Return the leaves of all that a project is rendered to, its pipelines' templates too."""
        manifests = {manifest.path: manifest for manifest in self._expander.project(project)[0]}
        folder = f"projects/{project.name}/rendered"
        arguments: dict[str, dict[str, Sourced]] = {}
        pipelines: list[tuple[Pipeline, Manifest, Traced]] = []
        for pipeline in project.pipelines.values():
            manifest = manifests.get(f"{folder}/pipelines/{pipeline.workflow}.yaml")
            if manifest is not None:
                traced, arguments[pipeline.name] = self._cron_workflow(project, pipeline)
                pipelines.append((pipeline, manifest, traced))
        namespace = self._namespace(project, arguments)
        maps = self._catalog_maps | config_maps([traced for _, traced, _ in namespace])
        for pipeline, manifest, traced in pipelines:
            subject = f"{project.name}/{pipeline.name}"
            document = self._repository.platform[CRON_WORKFLOW][0]
            yield from leaves_of(subject, manifest, 0, traced, document)
            yield from self._template(subject, pipeline.standard, arguments[pipeline.name], maps)
        positions: dict[str, int] = {}
        for file, traced, document in namespace:
            path = f"{folder}/platform/{PurePosixPath(file).name}"
            index = positions.get(path, 0)
            positions[path] = index + 1
            yield from leaves_of(project.name, manifests[path], index, traced, document)

    def standard(self, ref: StandardRef) -> Iterator[Leaf]:
        """Return the leaves of a standard's template, with the arguments that it has by itself."""
        yield from self._template(str(ref), ref, {}, self._catalog_maps)

    def platform(self) -> Iterator[Leaf]:
        """Return the leaves of the platform's own manifests."""
        manifests = {manifest.path: manifest for manifest in self._expander.standards()[0]}
        values = self._expander.platform_variables()
        refs = sorted(self._repository.standards, key=str)
        texts = {
            name: fixed(text, origin_of_file(f"{PLATFORM}/observability/{name}"))
            for name, text in values["observability"].items()
        }
        variables = {
            "standards": of_standards([self._repository.standards[ref] for ref in refs]),
            "observability": mapping(texts),
            "alerts": of_alerts(self._repository, values["alerts"]["groups"]),
        }
        for source, target in ((CLUSTER, f"{PLATFORM}/rendered"), (CATALOG, f"{CATALOG}/rendered")):
            for file in self._files(source):
                path = f"{target}/{PurePosixPath(file).name}"
                objects = [
                    (traced, document)
                    for document in self._repository.platform[file]
                    for traced in self._objects(document, variables, _structure if source == CATALOG else None)
                ]
                for index, (traced, document) in enumerate(objects):
                    yield from leaves_of("platform", manifests[path], index, traced, document)

    @cached_property
    def _catalog_maps(self) -> dict[str, Sourced]:
        """What the catalog's ConfigMaps hold, by their names: each key's facts, each fact with its line."""
        return config_maps(
            [
                traced
                for file in self._files(CATALOG)
                for document in self._repository.platform[file]
                for traced in self._objects(document, {}, _structure)
            ]
        )

    def _cron_workflow(self, project: Project, pipeline: Pipeline) -> tuple[Traced, dict[str, Sourced]]:
        standard = self._repository.standards[pipeline.standard]
        document, view = standard.document, _as_it_is
        variables = of_pipeline(project, pipeline, standard)
        arguments: dict[str, Sourced] = {}
        items: list[Sourced] = []
        for name, parameter in standard.parameters.items():
            place = Place(document, ("parameters", name, "value"))
            traced = self._tracer.expression(parameter.value, variables, place, view)
            if isinstance(traced.value, str):
                arguments[name] = traced.sourced()
                named = written(document, ("parameters", name), name)
                items.append(mapping({"name": named, "value": arguments[name]}))
        chosen = self._tracer.expression(standard.schedule, variables, Place(document, ("schedule",)), view)
        schedule = Sourced(settled_schedule(chosen.value, project, pipeline), chosen.sourced().origins)
        documents = self._repository.platform[CRON_WORKFLOW]
        whole = variables | {"schedule": schedule, "arguments": sequence(items)}
        return self._objects(documents[0], whole)[0], arguments

    def _template(
        self,
        subject: str,
        ref: StandardRef,
        arguments: Mapping[str, Sourced],
        maps: Mapping[str, Sourced],
    ) -> Iterator[Leaf]:
        """Return the leaves of a template as it runs with some arguments; its own are taken for those left out."""
        manifest, _ = self._expander.template(ref)
        if not manifest.objects:
            return
        standard = self._repository.standards[ref]
        own = manifest.objects[0]["spec"].get("arguments", {}).get("parameters", [])
        values = {item["name"]: str(item.get("value", "")) for item in own}
        values |= {name: str(source.value) for name, source in arguments.items()}
        view = self._view(values)
        traced = self._traced_template(standard, content_of(manifest), view)
        for leaf in leaves_of(subject, manifest, 0, traced, standard.template):
            yield from in_a_run(leaf, manifest.objects[0], arguments, maps, view)

    def _traced_template(self, standard: Standard, content: str, view: View) -> Traced:
        variables = {"standard": of_standard(standard), "content": fixed(content)}
        return self._objects(standard.template, variables, view)[0]

    def _view(self, arguments: Mapping[str, str]) -> View:
        named = {f"workflow.parameters.{name}": value for name, value in arguments.items()}

        def view(value: Any) -> Any:
            if not isinstance(value, str) or "{{" not in value:
                return value
            if match := _CHOSEN.fullmatch(value):
                choices = json.loads(match[1])
                if arguments.get(match[2]) in choices:
                    return choices[arguments[match[2]]]
            text = self._answer(value, named)
            parsed = structured(text)
            return text if parsed is None else parsed

        return view

    def _namespace(
        self, project: Project, arguments: Mapping[str, Mapping[str, Sourced]]
    ) -> list[tuple[str, Traced, Document]]:
        """Return each object of a project's namespace: the template's file, the object, the template's document."""
        given = {name: {key: str(part.value) for key, part in own.items()} for name, own in arguments.items()}
        values = self._expander.namespace_variables(project, given)
        standards = {name: self._repository.standards[project.pipelines[name].standard] for name in arguments}
        catalog, fragments = self._repository.catalog, self._fragments()
        quota = quota_of(values["project"]["quota"], standards, arguments, catalog, fragments)
        keys = {name: self._keys_read(standard) for name, standard in standards.items()}
        endpoints = endpoints_of(values["project"]["endpoints"], keys, arguments, catalog)
        refs = {pipeline.standard for pipeline in project.pipelines.values()} & self._repository.standards.keys()
        used = [self._repository.standards[ref] for ref in sorted(refs, key=str)]
        variables = {
            "project": of_namespace(
                project, values["project"], quota, endpoints, {name: mapping(own) for name, own in arguments.items()}
            ),
            "standards": of_standards(used, project),
        }
        return [
            (file, traced, document)
            for file in self._files(NAMESPACE)
            for document in self._repository.platform[file]
            for traced in self._objects(document, variables)
        ]

    def _keys_read(self, standard: Standard) -> dict[str, Origins]:
        """Return what a template's pods read of the ConfigMap `endpoints`, with the lines that say so."""
        traced = self._traced_template(standard, "", _as_it_is)
        keys: dict[str, Origins] = {}
        for pointer, (value, ask) in traced.leaves.items():
            if pointer[-2:] == _KEY and at(traced.value, (*pointer[:-1], "name")) == "endpoints":
                keys.setdefault(str(value), ask())
        return keys

    def _objects(self, document: Document, variables: Mapping[str, Sourced], view: View | None = None) -> list[Traced]:
        template = self._compiled.get(id(document))
        if template is None:
            template = compile_template(document, self._fragments(), traced=True)
            self._compiled[id(document)] = template
        shown = view or _as_it_is
        if template.each is None:
            return [self._tracer.node(template.root, variables, shown)]
        items = self._tracer.node(template.each, variables, shown).sourced()
        return [
            self._tracer.node(template.root, {**variables, EACH[1:]: items.below(index)}, shown)
            for index in range(len(items.value or ()))
        ]

    def _fragments(self) -> Document | None:
        documents = self._repository.platform.get(FRAGMENTS, [])
        return documents[0] if documents else None

    def _files(self, folder: str) -> list[str]:
        return sorted(file for file in self._repository.platform if PurePosixPath(file).parent.as_posix() == folder)


def _structure(value: Any) -> Any:
    """Return what a computed value is, with the JSON in its texts read."""
    if isinstance(value, Mapping):
        return {key: _structure(item) for key, item in value.items()}
    parsed = structured(value)
    return value if parsed is None else parsed


def _as_it_is(value: Any) -> Any:
    return value
