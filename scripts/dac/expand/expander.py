"""What is rendered of a repository: each project's manifests, each standard's template, the platform's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from dac.expand.alerts import rule_groups
from dac.expand.basis import projects_basis
from dac.expand.content import annotated, content_hash
from dac.expand.endpoints import endpoints_used, filled, keys_read
from dac.expand.expressions import Expressions
from dac.expand.pipelines import arguments_of, cron_workflow, facts_of_standard, uses_of
from dac.expand.quota import Containers, Held, held, quota_of, service_held
from dac.expand.yaml_template import Template, compile_template
from dac.model import Document, Finding, Location, Manifest, Project, Repository, Standard, StandardRef
from dac.model.facts import Maps, maps_of
from dac.model.project import CANARY

PLATFORM = "standards/platform"
NAMESPACE = f"{PLATFORM}/namespace"
CLUSTER = f"{PLATFORM}/cluster"
CATALOG = f"{PLATFORM}/catalog"
CANARIES = f"{PLATFORM}/canaries"
EXAMPLES = f"{PLATFORM}/examples"
# What the platform renders, and where to: examples, and what overlays upstream's releases, where Argo CD syncs nothing.
FOLDERS = {
    CLUSTER: f"{PLATFORM}/rendered",
    EXAMPLES: f"{EXAMPLES}/rendered",
    **{f"{PLATFORM}/capacity/{name}": f"{PLATFORM}/install/{name}" for name in ("argo-workflows", "argo-cd")},
}
Rendered = Mapping[StandardRef, tuple[Manifest, list[Finding]]]
CRON_WORKFLOW = f"{PLATFORM}/pipeline/cronworkflow.yaml"
FRAGMENTS = f"{PLATFORM}/pipeline/fragments.yaml"


class Expander:
    """Renders a repository; what several projects share is compiled and evaluated once.

    Attributes:
        repository: what was loaded.
        expressions: CEL over its catalog.
        rendered: the templates of standards that were asked for, and the findings about each.
    """

    def __init__(self, repository: Repository, rendered: Rendered = MappingProxyType({})) -> None:
        """Take over templates that were rendered of the very same repository before."""
        self.repository = repository
        self.expressions = Expressions(repository.catalog.kinds)
        self._standards = {ref: facts_of_standard(s) for ref, s in repository.standards.items()}
        self.rendered = dict(rendered)
        self._keys: dict[StandardRef, frozenset[str]] = {}
        self._used: dict[frozenset[str], set[str]] = {}  # keys of `endpoints`, filled in -> the names that they may be
        self._held: dict[tuple[StandardRef, str, frozenset[str]], Held] = {}  # by all that `held` reads of arguments
        self._pipeline = self._compiled(CRON_WORKFLOW)
        self._namespace = {file: self._compiled(file) for file in self._files(NAMESPACE)}

    def project(self, project: Project) -> tuple[list[Manifest], list[Finding]]:
        """Return a project's manifests, the pipelines' first, and findings where an expression or a schedule fails."""
        manifests, findings = self.pipelines(project)
        namespace, new_findings = self.namespace(project, manifests, self._namespace)
        return [*manifests.values(), *namespace], findings + new_findings

    def pipelines(self, project: Project) -> tuple[dict[str, Manifest], list[Finding]]:
        """Return the manifest of each pipeline that can be rendered, by its name, and what `project` finds of them."""
        folder = _rendered(project)
        manifests: dict[str, Manifest] = {}
        findings: list[Finding] = []
        for pipeline in project.pipelines.values():
            standard = self.repository.standards.get(pipeline.standard)
            if standard is None or not self._pipeline:
                continue  # told by validate
            facts, template = self._standards[pipeline.standard], self._pipeline[0]
            manifest, new_findings = cron_workflow(project, pipeline, standard, facts, template, self.expressions)
            findings += new_findings
            if manifest is not None:
                path = f"{folder}/pipelines/{pipeline.workflow}.yaml"
                manifests[pipeline.name] = Manifest(path, (manifest,), project.name)
        return manifests, findings

    def namespace(
        self, project: Project, pipelines: Mapping[str, Manifest], files: Collection[str]
    ) -> tuple[list[Manifest], list[Finding]]:
        """Return the manifests of a project's namespace that some files give, and the findings about them.

        Args:
            project: whose namespace it is.
            pipelines: as `pipelines` gives them.
            files: among those of standards/platform/namespace; any other gives nothing.
        """
        arguments = {name: arguments_of(manifest.objects[0]) for name, manifest in pipelines.items()}
        folder = _rendered(project)
        manifests: list[Manifest] = []
        findings: list[Finding] = []
        variables = self.namespace_variables(project, arguments)
        for file, templates in self._namespace.items():
            if file not in files:
                continue
            objects, new_findings = self._objects(templates, variables)
            findings += new_findings
            if objects or new_findings:  # a file of what the project has none of is not written
                path = f"{folder}/platform/{file.rpartition('/')[2]}"
                manifests.append(Manifest(path, tuple(objects), project.name))
        return manifests, findings

    @cached_property
    def basis(self) -> Mapping[str, Any]:
        """All that projects' manifests come from beside their decisions, as `projects_basis` gives it."""
        keys = {ref: self._keys_read(ref) for ref in self._standards}
        own = self._standards, keys, self._containers
        return projects_basis(self.repository, self._pipeline, self._namespace, *own)

    def namespace_variables(self, project: Project, arguments: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Return what the templates of a namespace read.

        Args:
            project: whose namespace it is.
            arguments: pipeline -> its arguments.
        """
        used = {pipeline.standard for pipeline in project.pipelines.values()} & self._standards.keys()
        return {
            "project": {
                "name": project.name,
                "owner": project.owner,
                "quota": self._quota(project, arguments),
                "endpoints": self._endpoints(project, arguments),
                "pipelines": ",".join(sorted(pipeline.workflow for pipeline in project.pipelines.values())),
                "uses": uses_of(project, arguments, self._standards),
            },
            "standards": [self._standards[ref] for ref in sorted(used, key=str)],
        }

    def platform_variables(self) -> dict[str, Any]:
        """Return what the platform's own templates read."""
        return {
            "standards": [self._standards[ref] for ref in sorted(self._standards, key=str)],
            "observability": dict(self.repository.observability),
            "alerts": self._alerts(),
        }

    def standards(self, only: Collection[StandardRef] | None = None) -> tuple[list[Manifest], list[Finding]]:
        """Each standard's rendered.yaml, and the platform's own manifests.

        Args:
            only: the standards whose templates are wanted; None wants all.
        """
        manifests: list[Manifest] = []
        findings = [f for t in self._pipeline for f in t.findings]
        findings += [f for templates in self._namespace.values() for t in templates for f in t.findings]
        for ref in sorted(self.repository.standards if only is None else only, key=str):
            manifest, new_findings = self.template(ref)
            findings += new_findings
            manifests += [manifest, *self._canaries_own(ref, manifest)]
        variables = self.platform_variables()
        for source, target in FOLDERS.items():
            rendered, new_findings = self._folder(source, target, variables)
            manifests += rendered
            findings += new_findings
        return manifests + self._catalog[0], _once(findings + self._catalog[1])

    @cached_property
    def catalog_maps(self) -> Maps:
        """The data of the catalog's ConfigMaps by their names. The same object each time."""
        return maps_of(each for manifest in self._catalog[0] for each in manifest.objects if isinstance(each, dict))

    @cached_property
    def _catalog(self) -> tuple[list[Manifest], list[Finding]]:
        return self._folder(CATALOG, f"{CATALOG}/rendered", {})

    def _folder(self, source: str, target: str, variables: dict[str, Any]) -> tuple[list[Manifest], list[Finding]]:
        """Render each file of a folder under standards/platform into another."""
        manifests: list[Manifest] = []
        findings: list[Finding] = []
        for file in self._files(source):
            templates = self._compiled(file)
            objects, new_findings = self._objects(templates, variables)
            findings += [*(f for t in templates for f in t.findings), *new_findings]
            manifests.append(Manifest(f"{target}/{PurePosixPath(file).name}", tuple(objects)))
        return manifests, findings

    def template(self, ref: StandardRef) -> tuple[Manifest, list[Finding]]:
        """Return a standard's rendered.yaml, which is made once, and the findings about it.

        The manifest holds no object where the template cannot be rendered.
        """
        if ref not in self.rendered:
            self.rendered[ref] = self._render_standard(self.repository.standards[ref])
        return self.rendered[ref]

    def _render_standard(self, standard: Standard) -> tuple[Manifest, list[Finding]]:
        path = f"{standard.folder}/rendered.yaml"
        template = compile_template(standard.template, self._fragments())
        facts = self._standards[standard.ref]
        objects, findings = template.render(self.expressions, {"standard": facts, "content": ""})
        if template.findings or findings or not isinstance(objects[0], dict):
            return Manifest(path, ()), [*template.findings, *findings]
        content = content_hash(objects[0])
        objects, findings = template.render(self.expressions, {"standard": facts, "content": content})
        return Manifest(path, (annotated(objects[0], content),)), findings

    def _canaries_own(self, ref: StandardRef, manifest: Manifest) -> list[Manifest]:
        """Return the same template by the canaries' name, where there are canaries.

        It says the same content hash: what differs from the standard's own is its name alone.
        """
        waves = self.repository.catalog.kinds.get("platform", {}).get("waves", {})
        if not waves.get("canaries") or not manifest.objects:
            return []
        name = f"{ref.template}{CANARY}"
        whole = manifest.objects[0]
        return [Manifest(f"{CANARIES}/{name}.yaml", ({**whole, "metadata": {**whole["metadata"], "name": name}},))]

    def _alerts(self) -> dict[str, Any]:
        """Return the alerts as a file of Prometheus' own rules, as data."""
        monitoring = self.repository.catalog.kinds.get("platform", {}).get("monitoring", {})
        return {"groups": rule_groups(self.repository.platform, monitoring.get("runbooks", ""))}

    def _endpoints(self, project: Project, rendered: Mapping[str, Mapping[str, str]]) -> list[str]:
        """Return the names of the endpoints that the project's pipelines use, sorted."""
        names = self.repository.catalog.kinds.get("endpoints", {})
        used: set[str] = set()
        for name, arguments in rendered.items():
            keys = filled(self._keys_read(project.pipelines[name].standard), arguments)
            if keys not in self._used:
                self._used[keys] = endpoints_used(keys, names)
            used |= self._used[keys]
        return sorted(used)

    def _keys_read(self, ref: StandardRef) -> frozenset[str]:
        """Return what pods of a standard read of the ConfigMap `endpoints`."""
        if ref not in self._keys:
            manifest, _ = self.template(ref)
            self._keys[ref] = keys_read(list(manifest.objects))
        return self._keys[ref]

    def _quota(self, project: Project, rendered: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return what the pipelines that could be rendered may hold at once.

        Args:
            project: whose pipelines they are.
            rendered: pipeline -> its arguments.
        """
        needs = [self._need(project.pipelines[name].standard, arguments) for name, arguments in rendered.items()]
        services = self.repository.catalog.kinds.get("services", {})
        platform = self.repository.catalog.kinds.get("platform", {})
        beside = [service_held(arguments, services) for arguments in rendered.values()]
        return quota_of(needs, platform.get("runs", {}).get("kept", 0), beside)

    def _need(self, ref: StandardRef, arguments: Mapping[str, str]) -> Held:
        """Return what a pipeline holds at once; pipelines that are alike in what it depends on are asked once."""
        key = ref, arguments.get("size", ""), frozenset(name for name, value in arguments.items() if value)
        if key not in self._held:
            sizes = self.repository.catalog.kinds.get("sizes", {})
            self._held[key] = held(self.repository.standards[ref].limits, arguments, sizes, self._containers)
        return self._held[key]

    @cached_property
    def _containers(self) -> Containers:
        fragments = self._fragments()
        fragment = fragments.data.get("container", {}) if fragments else {}
        executor = self.repository.catalog.kinds.get("platform", {}).get("executor", {})
        return Containers(fragment.get("resources", {}), executor.get("resources", {}))

    def _objects(self, templates: list[Template], variables: dict[str, Any]) -> tuple[list[Any], list[Finding]]:
        objects: list[Any] = []
        findings: list[Finding] = []
        for template in templates:
            rendered, new_findings = template.render(self.expressions, variables)
            objects += rendered
            findings += new_findings
        return objects, findings

    def _compiled(self, file: str) -> list[Template]:
        shared = self._fragments()
        return [compile_template(document, shared) for document in self.repository.platform.get(file, [])]

    def _fragments(self) -> Document | None:
        documents = self.repository.platform.get(FRAGMENTS, [])
        return documents[0] if documents else None

    def _files(self, folder: str) -> list[str]:
        """Return the platform's files of a folder, sorted."""
        return sorted(f for f in self.repository.platform if PurePosixPath(f).parent.as_posix() == folder)


def _rendered(project: Project) -> str:
    """Return the folder of what a project is rendered to."""
    return f"projects/{project.name}/rendered"


def _once(findings: list[Finding]) -> list[Finding]:
    """Keep one finding of a fragment that is wrong wherever it is used."""
    seen: dict[tuple[Location, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.location, finding.message), finding)
    return sorted(seen.values())
