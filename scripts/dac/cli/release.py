"""`dac release`: lets a change of the standards reach all projects, after the canaries."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._catalog_edit import edit_catalog
from dac.cli._printer import say, say_row
from dac.cli._runs import RunSource, cluster_option, run_source, state_option
from dac.load import TreePipeline, load_pipelines, project_names
from dac.load.history import HistoryError, files, merge_base, resolve, texts
from dac.load.standards import load_catalog
from dac.status import Trial, proved, trial

_RUNS = 10  # of a pipeline that are looked at
_CONTENT = re.compile(rb"^ +dac\.dev/content: \W?(sha256:[0-9a-f]{64})\b", re.MULTILINE)


@click.command()
@click.argument("revision", default="HEAD", metavar="[COMMIT]")
@cluster_option
@click.option("--untried", is_flag=True, help="Release standards too that no canary uses.")
@state_option
@root_option
@click.pass_context
def release(ctx: click.Context, revision: str, cluster: bool, untried: bool, state: Path | None, root: Path) -> None:
    """Release COMMIT's templates to all projects, once the canaries' next runs have succeeded with them.

    `waves` of standards/catalog/platform.yaml names the canaries, whose pipelines run each standard as the branch has
    it; all others run it as the commit `released` has it. For each template that differs, the newest run of each
    pipeline of a canary has to be of it, by the content hash in its receipt, and to have succeeded; one that is started
    by hand alone is not awaited where another succeeded, and neither is a standard that no pipeline uses. Then
    `released` is written: render, and propose that as a pull request; reverting it takes the templates back. A commit
    that `released` already holds may be gone back to at once. Facts of the catalog are ConfigMaps, and reach all
    projects with the next sync.

    Exit status: 0 written, or nothing to write, 1 not yet, with a line on each pipeline, 2 misuse.

    \b
    Examples:
      dac release --cluster
      dac release --cluster 4f2a91c
    """
    canaries, released = _waves(root)
    try:
        commit = resolve(root, revision)
        if merge_base(root, commit, "HEAD") != commit:
            raise Misuse(f"{commit[:12]} is not a commit of this branch: Argo CD would bring what nobody merged")
        contents, former = _contents(root, commit), _contents(root, released)
        back = merge_base(root, commit, released) == commit
    except HistoryError as error:
        raise Misuse(str(error)) from error
    changed = {ref: content for ref, content in contents.items() if former.get(ref) != content}
    if commit == released or (not changed and former.keys() == contents.keys()):
        say("nothing to release: all projects run these templates", err=True)
        return
    if not back:
        pipelines = _pipelines(root, canaries)
        used = _used(root, pipelines, changed)
        if not _tried(run_source(root, cluster, state), pipelines, changed, used, untried=untried):
            ctx.exit(1)
    edit_catalog(root, "platform", lambda catalog: catalog["waves"].update(released=commit))
    say(f"released {commit[:12]}, after {released[:12]}; now run: dac render", err=True)


def _waves(root: Path) -> tuple[Sequence[str], str]:
    """Return the canaries and the commit that the others' templates are of."""
    catalog, findings = load_catalog(root)
    waves = catalog.kinds.get("platform", {}).get("waves", {}) if catalog else {}
    if findings or not waves.get("canaries"):
        raise Misuse("standards/catalog/platform.yaml names no canaries under `waves`: a change reaches all at once")
    return waves["canaries"], waves["released"]


def _pipelines(root: Path, canaries: Sequence[str]) -> list[TreePipeline]:
    pipelines, unreadable = load_pipelines(root, list(canaries))
    if unreadable:
        raise Misuse(unreadable[0])
    return pipelines


def _used(root: Path, canaries: Sequence[TreePipeline], changed: Collection[str]) -> Container[str]:
    """Return the standards that pipelines use; all that changed where a project cannot be read."""
    names = sorted(set(project_names(root)) - {pipeline.project for pipeline in canaries})
    others, unreadable = load_pipelines(root, names)
    return changed if unreadable else {pipeline.standard for pipeline in [*canaries, *others]}


def _contents(root: Path, commit: str) -> dict[str, str]:
    """Return each standard's content hash at a commit, by its reference."""
    paths = [
        path for path in files(root, commit, "standards") if re.fullmatch(r"standards/[^/]+/v\d+/rendered.yaml", path)
    ]
    contents = {}
    for path, data in zip(paths, texts(root, [(commit, path) for path in paths]), strict=True):
        annotation = _CONTENT.search(data or b"")
        _, name, version, _ = path.split("/")
        contents[f"{name}@{version}"] = annotation[1].decode() if annotation else ""
    return contents


def _tried(
    source: RunSource,
    pipelines: Sequence[TreePipeline],
    changed: Mapping[str, str],
    used: Container[str],
    *,
    untried: bool,
) -> bool:
    """Say how the canaries did with each template that changed, and whether all of them may go on."""
    source.prepare({pipeline.project for pipeline in pipelines})
    may_go = True
    for ref, content in sorted(changed.items()):
        trials = [_trial(source, pipeline, content) for pipeline in pipelines if pipeline.standard == ref]
        for each in trials:
            say_row(ref, each.pipeline, each.verdict, each.why)
        if not trials and ref not in used:
            say_row(ref, "-", "unused", "no pipeline uses it")
        elif not trials:
            say_row(ref, "-", "untried", "no canary uses it" + ("" if untried else "; --untried releases it as it is"))
        may_go &= proved(trials) if trials else untried or ref not in used
    if not may_go:
        say("nothing was released: not every canary has succeeded with these templates", err=True)
    return may_go


def _trial(source: RunSource, pipeline: TreePipeline, content: str) -> Trial:
    runs = [source.whole(run) for run in source.runs(pipeline, _RUNS) if not run.active][:1]
    spec: Mapping[str, Any] = (source.cron_workflow(pipeline) or {}).get("spec", {})
    return trial(f"{pipeline.project}/{pipeline.name}", not spec.get("suspend", True), runs, content)
