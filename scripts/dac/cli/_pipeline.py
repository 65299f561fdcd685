"""What the commands that run a pipeline's programs share: its rendered documents, its addresses, one program of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from dac.cli._arguments import Misuse, chosen
from dac.cli._findings import text
from dac.cli._printer import show
from dac.load.document import read
from dac.load.projects import load_project
from dac.load.standards import load_catalog
from dac.model import Document, Finding, Project


def refuse(ctx: click.Context, findings: list[Finding]) -> None:
    """End the command with its findings, if there are any: exit status 2."""
    if findings:
        show(text(findings), err=True)
        ctx.exit(2)


def read_documents(ctx: click.Context, path: Path, shown: str) -> list[Document]:
    """Return the documents of a file; end the command with the findings if it cannot be read."""
    from dac import run as runner

    data, findings = read(path, shown, 16 * 2**20)
    refuse(ctx, findings)
    documents, findings = runner.documents((data or b"").decode("utf-8", "replace"), shown)
    refuse(ctx, findings)
    return documents


def bindings_document(ctx: click.Context, file: Path) -> Document:
    """Return a bindings file's document, empty if the file is empty."""
    documents = read_documents(ctx, file, str(file))
    return documents[0] if documents else Document(str(file), {})


def pipeline_documents(
    ctx: click.Context, root: Path, pipeline: str
) -> tuple[Project, list[Document], list[dict[str, object]]]:
    """Return the rendered CronWorkflow and its template, and the project's rendered platform objects, from disk."""
    folder, slash, wanted = pipeline.partition("/")
    if not slash or not wanted:
        raise Misuse(f"{pipeline} is not of the form PROJECT/PIPELINE")
    (name,) = chosen(root, [folder])
    project, findings = load_project(root, name)
    if project is None:
        refuse(ctx, findings)
        raise Misuse(f"projects/{name}/decisions.yaml cannot be read")
    if wanted not in project.pipelines:
        raise Misuse(f"{name} has no pipeline {wanted}; there are: {', '.join(project.pipelines)}")
    standard = project.pipelines[wanted].standard
    files = [
        f"projects/{name}/rendered/pipelines/{project.pipelines[wanted].workflow}.yaml",
        f"standards/{standard.name}/{standard.version}/rendered.yaml",
    ]
    for relative in files:
        if not (root / relative).is_file():
            raise Misuse(f"{relative} is missing; run: dac render {name}")
    documents = [document for relative in files for document in read_documents(ctx, root / relative, relative)]
    rendered = [
        *(root / f"projects/{name}/rendered/platform").glob("*.yaml"),
        *(root / "standards/platform/rendered").rglob("*.yaml"),
    ]
    objects = [d.data for path in sorted(rendered) for d in read_documents(ctx, path, str(path.relative_to(root)))]
    return project, documents, [item for item in objects if isinstance(item, dict)]


def call(
    ctx: click.Context, root: Path, pipeline: str, words: list[str], bindings: Path | None
) -> subprocess.CompletedProcess[str]:
    """Run a program of a pipeline's image with the settings of its `validate` step, and wait for it.

    Args:
        words: the program's module and its flags.
        bindings: a bindings file, over the catalog's local addresses.

    Raises:
        Misuse: the pipeline is unknown, is not rendered, or its standard has no such step.
    """
    from dac import run as runner
    from dac.run.argo.controller import utc_now

    catalog, findings = load_catalog(root)
    refuse(ctx, findings)
    project, documents, platform = pipeline_documents(ctx, root, pipeline)
    state = (root / ".dac").resolve()
    base = runner.of_objects(platform, project.name).merged(runner.of_catalog(catalog, state))
    if bindings is not None:
        own, findings = runner.of_document(bindings_document(ctx, bindings))
        refuse(ctx, findings)
        base = base.merged(own)
    source = runner.assemble(documents, utc_now(), parameters={})
    request = runner.Request(state, base, runner.Images(catalog, root, False), project.name)
    with tempfile.TemporaryDirectory(prefix="dac-") as folder:
        try:
            container = runner.container(source, request, "validate", Path(folder))
        except KeyError as error:
            standard = source.name if not project.pipelines else next(iter(project.pipelines.values())).standard
            raise Misuse(f"{pipeline} has no index to ask: {standard} has no step {error}") from error
        except RuntimeError as error:
            raise Misuse(str(error)) from error
        python = shutil.which("python", path=container.environment["PATH"]) or "python"
        command = [python, "-m", *words]
        return subprocess.run(
            command, env=container.environment, cwd=container.folder, capture_output=True, text=True, check=False
        )


def last_event(stderr: str) -> str:
    """Return the last message for people that a program printed."""
    import json

    for line in reversed(stderr.splitlines()):
        try:
            said = json.loads(line)
            return str(said.get("message") or said["event"])
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return stderr.strip()
