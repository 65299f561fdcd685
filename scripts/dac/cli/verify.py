"""`dac verify`: whether what a receipt says was run is what a commit renders to."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._compose import failed, sound_projects
from dac.cli._printer import say
from dac.expand import Expander, content_of
from dac.load import load_repository
from dac.load.history import HistoryError, commits, export, resolve, texts
from dac.model import Project, Repository, StandardRef
from dac.model.names import is_label

_FIELDS = ("project", "pipeline", "standard", "commit", "content", "template_content")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What a receipt says of its origin; the hashes are `sha256:<hex>`, the commit may be empty."""

    project: str
    pipeline: str
    standard: str
    commit: str
    content: str
    template_content: str

    @property
    def ref(self) -> StandardRef:
        name, _, version = self.standard.partition("@")
        return StandardRef(name, version)

    @property
    def rendered(self) -> tuple[str, str]:
        """Paths of the files that carry the two hashes."""
        return (
            f"projects/{self.project}/rendered/pipelines/{self.pipeline}.yaml",
            f"standards/{self.ref.name}/{self.ref.version}/rendered.yaml",
        )


@click.command()
@click.argument("receipt", type=click.Path(path_type=Path))
@root_option
@click.pass_context
def verify(ctx: click.Context, receipt: Path, root: Path) -> None:
    """Say whether RECEIPT's run is what its commit renders to.

    The commit's decisions, standards and catalog are read from git, beside the working tree, and expanded again; the
    content hashes of the CronWorkflow and of the template are compared with the receipt's. A receipt that names no
    commit is looked for in the history. The exit status is 0 when all agrees, 1 when something differs.

    \b
    Examples:
      dac verify .dac/objects/dac-artifacts/python-docs/reference/receipts/reference-x7k2p.json
    """
    origin = _read(receipt)
    try:
        commit = resolve(root, origin.commit) if origin.commit else _newest(root, origin)
        if not commit:
            _not_found(ctx, root, origin)
        differences = list(_differences(root, commit, origin))
    except HistoryError as error:
        raise Misuse(str(error)) from error
    for line in differences:
        say(line)
    where = f"{origin.project}/{origin.pipeline} at {commit[:12]}"
    if differences:
        say(f"{where} is not what was run", err=True)
        ctx.exit(1)
    say(f"{where} renders to what was run")
    say(f"  decisions  {origin.content}")
    say(f"  {origin.ref}  {origin.template_content}")


def _read(path: Path) -> _Receipt:
    try:
        data: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Misuse(f"{path} is not JSON: {error}; name a receipt.json") from error
    wrong = [f for f in _FIELDS if not isinstance(data, dict) or not isinstance(data.get(f), str)]
    if wrong:
        raise Misuse(f"{path} is not a receipt: it has no text {', '.join(wrong)}; name a receipt.json")
    receipt = _Receipt(**{field: data[field] for field in _FIELDS})
    names = (receipt.project, receipt.pipeline, receipt.ref.name, receipt.ref.version)
    if not all(map(is_label, names)):
        raise Misuse(f"{path} is not a receipt: project, pipeline or standard is not a valid name; name a receipt.json")
    if not re.fullmatch(r"([0-9a-f]{40})?", receipt.commit):
        raise Misuse(f"{path} is not a receipt: its commit is not a hash of 40 digits; name a receipt.json")
    for field in ("content", "template_content"):
        if not _HASH.fullmatch(data[field]):
            raise Misuse(
                f"{path} does not say what was run: its {field} is not a content hash; nothing can be compared"
            )
    return receipt


def _newest(root: Path, origin: _Receipt) -> str:
    """Return the newest commit whose rendered files carry both hashes; empty when there is none."""
    history = commits(root, origin.rendered)
    wanted = [(commit, path) for commit in history for path in origin.rendered]
    files = iter(texts(root, wanted))
    for commit, pipeline, template in zip(history, files, files, strict=False):
        if origin.content.encode() in (pipeline or b"") and origin.template_content.encode() in (template or b""):
            return commit
    return ""


def _not_found(ctx: click.Context, root: Path, origin: _Receipt) -> None:
    now = all(
        (root / path).is_file() and content.encode() in (root / path).read_bytes()
        for path, content in zip(origin.rendered, (origin.content, origin.template_content), strict=True)
    )
    uncommitted = "; the working tree holds it: commit it, then run this again" if now else ""
    say(f"no commit in this clone's history renders {origin.project}/{origin.pipeline} to what was run{uncommitted}")
    ctx.exit(1)


def _differences(root: Path, commit: str, origin: _Receipt) -> Iterator[str]:
    """Yield a line for each thing that the commit renders differently."""
    with tempfile.TemporaryDirectory(prefix="dac-verify-") as folder:
        tree = Path(folder).resolve()
        for name in ("standards", "projects"):
            (tree / name).mkdir()
        export(root, commit, ["standards", f"projects/{origin.project}/decisions.yaml"], tree)
        base, findings = load_repository(tree, [])
        projects, new_findings = sound_projects(base, [origin.project])
        if failed([*findings, *new_findings]) or origin.project not in projects:
            first = next(iter(sorted([*findings, *new_findings])), "there is no such project")
            yield f"{commit[:12]} does not render: {first}"
            return
        yield from _compared(base, projects[origin.project], origin, commit)


def _compared(base: Repository, project: Project, origin: _Receipt, commit: str) -> Iterator[str]:
    expander = Expander(base)
    manifests = [*expander.project(project)[0], *expander.standards()[0]]
    rendered = {manifest.path: content_of(manifest) for manifest in manifests}
    for path, wanted in zip(origin.rendered, (origin.content, origin.template_content), strict=True):
        if path not in rendered:
            yield f"{path}: {commit[:12]} renders no such file"
        elif rendered[path] != wanted:
            yield f"{path}: {commit[:12]} renders {rendered[path]}, the receipt says {wanted}"
