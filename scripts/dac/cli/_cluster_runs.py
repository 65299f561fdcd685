"""The runs of a cluster, for the commands that ask about runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from dac.cli._arguments import Misuse
from dac.cluster import ClusterError, connected
from dac.cluster.api import Objects
from dac.cluster.history import listed_runs, missing_secrets, pod_tail, runs_by_pipeline, whole_run
from dac.load import TreePipeline
from dac.load.standards import load_catalog
from dac.model import StandardRef
from dac.model.printing import log_lines
from dac.model.run_record import RunRecord, StepRecord
from dac.status import Commands

_T = TypeVar("_T")
_FEW = 3  # projects of which each is asked for its own
_AT_ONCE = 16  # requests; an API server holds one client to no fewer


class ClusterRuns:
    """The runs that a cluster has, and those of which it has an archive."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commands = Commands(cluster=True)
        self.at_once = _AT_ONCE
        self._namespace: Callable[[str], Objects] | None = None
        self._connecting = Lock()  # a kubeconfig may start a program for its token, once
        self._secrets: dict[str, set[str]] = {}
        self._templates: dict[str, Mapping[str, Any]] = {}
        self._runs: dict[str, dict[str, list[RunRecord]]] = {}
        self._unlisted: dict[str, str] = {}  # why the Secrets of a project cannot be listed
        self._crons: dict[str, dict[str, Mapping[str, Any]]] = {}

    def api(self, project: str) -> Objects:
        """Return the objects of a project's namespace."""
        with self._connecting:
            if self._namespace is None:
                self._namespace = self._refused(lambda: connected(at_once=self.at_once))
        return self._namespace(project)

    def prepare(self, projects: Collection[str]) -> None:
        """As RunSource: where the cluster lets us list all namespaces at once, what is asked of each is at hand."""
        if len(projects) <= _FEW:
            return
        everywhere = self.api("")
        with suppress(ClusterError):  # each namespace is asked for its own then
            runs = _by_namespace(everywhere.listed("workflows"))
            self._runs = {project: runs_by_pipeline(runs.get(project, ()), project) for project in projects}
        with suppress(ClusterError):
            crons = _by_namespace(everywhere.whole("cronworkflows"))
            self._crons = {p: {item["metadata"]["name"]: item for item in crons.get(p, ())} for p in projects}
        with suppress(ClusterError):
            secrets: dict[str, set[str]] = {project: set() for project in projects}
            for namespace, name in everywhere.secrets():
                secrets.setdefault(namespace, set()).add(name)
            self._secrets = secrets

    def runs(self, pipeline: TreePipeline, limit: int) -> list[RunRecord]:
        """As RunSource."""
        project = pipeline.project
        if project not in self._runs:
            self._runs[project] = self._refused(lambda: listed_runs(self.api(project), project))
        return self._runs[project].get(pipeline.workflow, [])[:limit]

    def whole(self, run: RunRecord) -> RunRecord:
        """As RunSource."""
        return self._refused(lambda: whole_run(self.api(run.project), run.project, run.name))

    def named(self, project: str, name: str) -> RunRecord:
        """Return the run of a name.

        Raises:
            Misuse: there is none, or the cluster refuses.
        """
        return self._refused(lambda: whole_run(self.api(project), project, name))

    def exists(self, project: str, name: str) -> bool:
        """Whether the cluster still has a run's Workflow."""
        listed = self._refused(lambda: listed_runs(self.api(project), project))
        return any(run.name == name for runs in listed.values() for run in runs)

    def stop(self, run: RunRecord) -> None:
        """Tell a run to stop.

        Raises:
            Misuse: the cluster refuses.
        """
        change = {"spec": {"shutdown": "Stop"}}
        self._refused(lambda: self.api(run.project).patch("workflows", run.name, change))

    def tail(self, run: RunRecord, step: StepRecord, lines: int | None) -> tuple[str, ...] | None:
        """As RunSource: of the pod while it is there, of its archived log then."""
        printed = pod_tail(self.api(run.project), step, lines)
        return None if printed is None else log_lines(printed)

    def cron_workflow(self, pipeline: TreePipeline) -> Mapping[str, Any] | None:
        """As RunSource."""
        project = pipeline.project
        if project not in self._crons:
            items = self._refused(lambda: self.api(project).whole("cronworkflows"))
            self._crons[project] = {item["metadata"]["name"]: item for item in items}
        return self._crons[project].get(pipeline.workflow)

    def notes(self, pipeline: TreePipeline) -> Sequence[str]:
        """As RunSource."""
        if self.cron_workflow(pipeline) is None:
            return (f"the cluster has no CronWorkflow {pipeline.workflow}: Argo CD has not brought it yet",)
        refusal = self._unlisted.get(pipeline.project)
        return (f"whether its Secrets are there is not known: {refusal}",) if refusal else ()

    def missing_secrets(self, pipeline: TreePipeline) -> Sequence[str]:
        """As RunSource; where they may not be listed, none, and `notes` says so."""
        cron = self.cron_workflow(pipeline)
        if cron is None:
            return ()
        try:
            present = self._present(pipeline.project)
        except ClusterError as error:
            self._unlisted[pipeline.project] = str(error)
            return ()
        given = cron["spec"]["workflowSpec"].get("arguments", {}).get("parameters") or []
        arguments = {item["name"]: str(item.get("value", "")) for item in given}
        lacking = missing_secrets(self._template(cron), arguments, present)
        wanted = self._catalog_secrets(arguments)
        return [name for name, optional in lacking if not optional or name in wanted]

    def _present(self, project: str) -> set[str]:
        if project not in self._secrets:
            self._secrets[project] = {name for _, name in self.api(project).secrets()}
        return self._secrets[project]

    def _template(self, cron: Mapping[str, Any]) -> Mapping[str, Any]:
        import yaml

        name = str(cron["spec"]["workflowSpec"]["workflowTemplateRef"]["name"])
        if name in self._templates:
            return self._templates[name]
        ref = StandardRef.of_template(name)
        path = self.root / "standards" / ref.name / ref.version / "rendered.yaml"
        if not path.is_file():
            return {}
        template = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        self._templates[name] = template["spec"] if isinstance(template, dict) else {}
        return self._templates[name]

    def _catalog_secrets(self, arguments: Mapping[str, str]) -> set[str]:
        """Return the Secrets that the catalog says a pipeline's store is asked with."""
        store = self._stores.get(arguments.get("store", ""), {})
        return {str(store["secret"])} if "secret" in store else set()

    @cached_property
    def _stores(self) -> Mapping[str, Any]:
        catalog, _ = load_catalog(self.root)
        return catalog.kinds.get("stores", {}) if catalog else {}

    @staticmethod
    def _refused(ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except ClusterError as error:
            raise Misuse(str(error)) from error


def _by_namespace(items: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    grouped = defaultdict(list)
    for item in items:
        grouped[item["metadata"]["namespace"]].append(item)
    return grouped
