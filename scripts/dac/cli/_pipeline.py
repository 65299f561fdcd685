"""What the commands that run a pipeline's programs share: its rendered documents, its addresses, one program of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dac.cli._arguments import Misuse, chosen
from dac.cli._findings import text
from dac.cli._printer import show
from dac.load import load_credentials
from dac.load.document import read
from dac.load.projects import load_project
from dac.load.standards import load_catalog
from dac.model import Document, Finding, Project
from dac.model.facts import FILE
from dac.model.printing import log_lines
from dac.model.project import CANARY

if TYPE_CHECKING:
    from dac.expand import Expander
    from dac.run import Bindings

_Command = TypeVar("_Command", bound=Callable[..., Any])
FILE_LIMIT = 16 * 2**20  # bytes of a file that is named

pass_env_option = click.option(
    "--pass-env",
    multiple=True,
    metavar="NAME",
    help="A variable of this machine that every step gets, such as a credential; may be repeated.",
)


def bindings_option(shown: str = "Addresses over the catalog's local ones.") -> Callable[[_Command], _Command]:
    """Return the option `--bindings`, with what its help says that such a file holds."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--bindings", type=kind, help=shown)


def refuse(ctx: click.Context, findings: list[Finding]) -> None:
    """End the command with its findings, if there are any: exit status 2."""
    if findings:
        show(text(findings), err=True)
        ctx.exit(2)


def read_documents(ctx: click.Context, path: Path, shown: str) -> list[Document]:
    """Return the documents of a file; end the command with the findings if it cannot be read."""
    data, findings = read(path, shown, FILE_LIMIT)
    refuse(ctx, findings)
    return parsed(ctx, data or b"", shown)


def parsed(ctx: click.Context, data: bytes, shown: str) -> list[Document]:
    """Return the documents of a YAML text; end the command with the findings if it is not YAML."""
    from dac import run as runner

    documents, findings = runner.documents(data.decode("utf-8", "replace"), shown)
    refuse(ctx, findings)
    return documents


def bindings_document(ctx: click.Context, file: Path) -> Document:
    """Return a bindings file's document, empty if the file is empty."""
    documents = read_documents(ctx, file, str(file))
    return documents[0] if documents else Document(str(file), {})


def pipeline_documents(
    ctx: click.Context, root: Path, pipeline: str
) -> tuple[Project, list[Document], list[dict[str, object]], Expander]:
    """Return a pipeline's CronWorkflow and template, and the project's platform objects, as the tree renders to them.

    Beside them is what rendered them.

    They are rendered in memory: what was edited by hand on disk is never run. Where the disk differs, the command ends
    with the findings, exit status 2, so that nobody takes what is run for what is there.
    """
    from dac.cli._compose import failed
    from dac.cli._kept import kept_of
    from dac.cli._rendering import run_rendering

    folder, _, wanted = pipeline.partition("/")
    (name,) = chosen(root, [folder])
    project, findings = load_project(root, name, load_credentials(root))
    if project is None:
        refuse(ctx, findings)
        raise Misuse(f"projects/{name}/decisions.yaml cannot be read")
    if not wanted:
        listed = ", ".join(f"{name}/{own}" for own in project.pipelines)
        raise Misuse(f"name one of the pipelines of {name}: {listed}")
    if wanted not in project.pipelines:
        raise Misuse(f"{name} has no pipeline {wanted}; there are: {', '.join(project.pipelines)}")
    standard = project.pipelines[wanted].standard
    template = f"standards/{standard.name}/{standard.version}/rendered.yaml"
    result, expander = run_rendering(root, name, template, kept_of(root))
    if expander is None or failed(result.findings):
        refuse(ctx, result.findings)
    assert expander is not None
    refuse(ctx, [result.drift(change, root, _repair(change.path, name)) for change in result.changes(root)])

    def rendered(path: str) -> list[Document]:
        return parsed(ctx, result.files[path], path)

    documents = [*rendered(f"projects/{name}/rendered/pipelines/{project.pipelines[wanted].workflow}.yaml")]
    # A canary's refers to the same template by the canaries' name.
    own = f"standards/platform/canaries/{standard.template}{CANARY}.yaml"
    documents += [each for path in (template, own) if path in result.files for each in rendered(path)]
    platform = sorted(p for p in result.files if "/rendered/platform/" in p or p.startswith("standards/platform/"))
    objects = [document.data for path in platform for document in rendered(path)]
    return project, documents, [item for item in objects if isinstance(item, dict)], expander


def catalog_objects(ctx: click.Context, root: Path) -> list[dict[str, object]]:
    """Return the catalog's ConfigMaps as they lie in the tree; none where it has none."""
    if not (root / FILE).is_file():
        return []
    return [each.data for each in read_documents(ctx, root / FILE, FILE) if isinstance(each.data, dict)]


def _repair(path: str, project: str) -> str:
    """Return the command that renders a file again."""
    return f"dac render {project}" if path.startswith("projects/") else "dac render"


def own_bindings(ctx: click.Context, file: Path | None, pass_env: tuple[str, ...]) -> Bindings:
    """Return what a bindings file and `--pass-env` add; end the command if they are wrong or name what is not set."""
    from dac import run as runner

    document = bindings_document(ctx, file) if file is not None else Document("", {})
    bindings, findings = runner.of_document(document)
    refuse(ctx, findings)
    bindings = bindings.merged(runner.Bindings(pass_env=frozenset(pass_env)))
    if unset := bindings.unset():
        raise Misuse(
            f"no variable {unset[0]} is set here, to be passed to the steps; set it, or ask for no such variable"
        )
    return bindings


def call(
    ctx: click.Context,
    root: Path,
    pipeline: str,
    words: list[str],
    bindings: Path | None,
    pass_env: tuple[str, ...],
) -> subprocess.CompletedProcess[str]:
    """Run a program of a pipeline's image with the settings of its `validate` step, and wait for it.

    Args:
        words: the program's module and its flags.
        bindings: a bindings file, over the catalog's local addresses.
        pass_env: names of this machine's variables that the program gets.

    Raises:
        Misuse: the pipeline is unknown, is not rendered, or its standard has no such step.
    """
    from dac import run as runner
    from dac.run.argo.controller import utc_now

    catalog, findings = load_catalog(root)
    refuse(ctx, findings)
    project, documents, platform, _ = pipeline_documents(ctx, root, pipeline)
    state = (root / ".dac").resolve()
    base = runner.of_objects(platform, project.name).merged(runner.of_catalog(catalog, state))
    base = base.merged(own_bindings(ctx, bindings, pass_env))
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
    return next(iter(reversed(messages(stderr))), stderr.strip())


def messages(stderr: str) -> list[str]:
    """Return the messages for people that a program printed."""
    import json

    read = []
    for line in log_lines(stderr):
        try:
            event = json.loads(line)
            read.append(str(event.get("message") or event["event"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return read
