"""What the tree should hold of rendered files, as bytes; and how it differs from what it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dac.cli._collection import collect_nothing
from dac.cli._compose import failed, standards_of
from dac.cli._expanded import sound_projects
from dac.cli._kept import Kept
from dac.cli._workers import meanwhile, share
from dac.expand import (
    HANDBOOK,
    Emitter,
    Expander,
    codeowners,
    handbook,
    readmes,
    unbuilt_images,
    without_platform,
)
from dac.load import irregular_findings, load_projects, load_repository, load_rules, project_names
from dac.model import Document, Finding, Location, Manifest, Project, Repository, beyond
from dac.validate import decisions_schema, validate_standards
from dac.write import Change, Kind, changes, stale

_DRIFT = {
    Kind.MISSING: "what is rendered here is missing",
    Kind.DIFFERENT: "is not what is rendered here",
    Kind.STALE: "is rendered by nothing any more",
}
_PLATFORM = "standards/platform/rendered"
_CATALOG = "standards/platform/catalog/rendered"
_SCHEMA = "standards/decisions.schema.json"
_CODEOWNERS = ".github/CODEOWNERS"
_GITLAB, _GITLABS_CODEOWNERS = ".gitlab-ci.yml", ".gitlab/CODEOWNERS"  # GitLab reads none that lies below .github/
# Argo CD leaves out a whole file that holds this, wherever in it: in a value as in a comment.
_PASSED_OVER = b"+argocd:skip-file-rendering"
_CANARIES = "standards/platform/canaries"
_STANDARDS_FOLDERS = (_PLATFORM, _CATALOG, _CANARIES, "standards/platform/examples/rendered")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was rendered.

    Attributes:
        files: path relative to the root -> bytes.
        folders: relative to the root; they hold nothing but what is rendered.
        findings: sorted; what is rendered is not to be written while one of them is an error.
    """

    files: dict[str, bytes]
    folders: list[str]
    findings: list[Finding]

    def changes(self, root: Path) -> list[Change]:
        """How the tree differs from it, sorted."""
        parts = share(partial(_changes, root), list(self.files.items()))
        return sorted([c for part in parts for c in part] + stale(self.folders, self.files, root))

    def drift(self, change: Change, root: Path, command: str) -> Finding:
        """Say how one file differs, at the first line that does.

        Args:
            change: how the tree differs, as `changes` returns it.
            root: the tree.
            command: what repairs it.
        """
        line = 1
        if change.kind is Kind.DIFFERENT and (root / change.path).is_file():
            rendered, kept = self.files[change.path].split(b"\n"), (root / change.path).read_bytes().split(b"\n")
            line += next((i for i, (a, b) in enumerate(zip(rendered, kept, strict=False)) if a != b), len(rendered) - 1)
        return Finding(Location(change.path, line), f"render.{change.kind}", _DRIFT[change.kind], f"run: {command}")


def rendering(root: Path, names: Sequence[str] | None, *, cluster: bool = False) -> Rendering:
    """Render the named projects and CODEOWNERS; None renders all projects and the standards too.

    CODEOWNERS has a line for every project, so a project rendered by itself changes it as well. It is left as it is
    while another project's decisions.yaml cannot be read.

    Args:
        root: the tree.
        names: projects.
        cluster: an image that was not built is an error.
    """
    collect_nothing()
    irregular = meanwhile(partial(irregular_findings, root, names), names is None)
    base, findings = load_repository(root, [])
    findings += beyond(findings, irregular())
    findings += beyond(findings, validate_standards(base))
    if failed(findings):
        return Rendering({}, [], sorted(set(findings)))
    expander = Expander(base)
    # Before the workers start, so that they find evaluated what every project shares.
    manifests, new_findings = expander.standards()
    new_findings += without_platform(base)
    findings += new_findings + (unbuilt_images(base) if cluster else [])
    if failed(new_findings):
        return Rendering({}, [], sorted(set(findings)))
    of_standards = meanwhile(partial(_of_standards, base, manifests, names is None), names is None)
    chosen = project_names(root) if names is None else sorted(names)
    files: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    for rendered, owned, new_findings in share(partial(_projects, base, expander), chosen):
        files |= rendered
        owners |= owned
        findings += new_findings
    others, unread = _owners(root, [] if names is None else sorted(set(project_names(root)) - set(chosen)))
    if not unread:
        projects = {name: Project(name, owner, {}, Document(name, None)) for name, owner in (owners | others).items()}
        files[_CODEOWNERS] = codeowners(replace(base, projects=projects))
        if (root / _GITLAB).is_file():
            files[_GITLABS_CODEOWNERS] = files[_CODEOWNERS]
    folders = [f"projects/{name}/rendered" for name in chosen]
    if names is None:
        folders += _STANDARDS_FOLDERS
    own, new_findings = of_standards()
    files |= own
    findings += new_findings
    findings += _passed_over(files)
    return Rendering(files, folders, sorted(set(findings)))


def run_rendering(root: Path, name: str, template: str, kept: Kept) -> tuple[Rendering, Expander | None]:
    """Render what a run of a project stands on: the project, one standard's template and the platform's manifests.

    What rendered it is returned too, so that what else is asked of the tree need not load it again; None where the tree
    has errors.

    Args:
        root: the tree.
        name: the project.
        template: path of the standard's rendered template, relative to the root.
        kept: what an earlier command kept of the standards.
    """
    standards = standards_of(root, None, kept)
    findings = standards.findings + beyond(standards.findings, irregular_findings(root, [name]))
    if standards.expander is None or failed(findings):
        return Rendering({}, [], sorted(set(findings))), None
    emitter = Emitter()
    files, _, own_findings = _projects(standards.base, standards.expander, [name])
    around = (template, f"{_CANARIES}/", f"{_PLATFORM}/", f"{_CATALOG}/")
    files |= {m.path: emitter.emit(m) for m in standards.manifests if m.path.startswith(around)}
    folders = [f"projects/{name}/rendered", _PLATFORM, _CATALOG, _CANARIES]
    return Rendering(files, folders, sorted({*findings, *own_findings})), standards.expander


def _of_standards(
    base: Repository, manifests: Sequence[Manifest], whole: bool
) -> tuple[dict[str, bytes], list[Finding]]:
    """Return the files of no project, where they are asked for, and the findings about what standards say."""
    texts, findings = readmes(base, manifests)
    if not whole:
        return {}, findings
    emitter = Emitter()
    files = {manifest.path: emitter.emit(manifest) for manifest in manifests} | texts
    files[_SCHEMA] = (json.dumps(decisions_schema(base), indent=2, ensure_ascii=False) + "\n").encode()
    if rules := load_rules(base.root):
        files[HANDBOOK] = handbook(rules)
    return files, findings


def _projects(
    base: Repository, expander: Expander, names: Sequence[str]
) -> tuple[dict[str, bytes], dict[str, str], list[Finding]]:
    """One worker's share: the files, each project's owner, the findings."""
    projects, findings = sound_projects(base, names, estimates=True)
    files: dict[str, bytes] = {}
    emitter = Emitter()
    for project in projects.values():
        manifests, new_findings = expander.project(project)
        findings += new_findings
        files |= {manifest.path: emitter.emit(manifest) for manifest in manifests}
    return files, {name: project.owner for name, project in projects.items()}, findings


def _passed_over(files: Mapping[str, bytes]) -> list[Finding]:
    """Return a finding for each file of a cluster that Argo CD would leave out, and so take its objects away."""
    remedy = "take that text out of the decision, or the fact of the catalog, that it comes from"
    return [
        Finding(
            Location(path, data.count(b"\n", 0, data.index(_PASSED_OVER)) + 1),
            "render.passed_over",
            f"{_PASSED_OVER.decode()} would be in this line, and Argo CD leaves out a file that holds it",
            remedy,
        )
        for path, data in files.items()
        if path.endswith(".yaml") and _PASSED_OVER in data
    ]


def _owners(root: Path, names: Sequence[str]) -> tuple[dict[str, str], list[Finding]]:
    """Each project's owner as its decisions.yaml names it, and the findings about what could not be read."""
    owners: dict[str, str] = {}
    findings: list[Finding] = []
    for projects, new_findings in share(partial(load_projects, root), names):
        owners |= {name: project.owner for name, project in projects.items()}
        findings += new_findings
    return owners, findings


def _changes(root: Path, files: Sequence[tuple[str, bytes]]) -> list[Change]:
    return changes(dict(files), root)
