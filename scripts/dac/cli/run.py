"""`dac run`: runs a rendered pipeline, or any workflow file, in local processes, as Argo would."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import click

from dac import run as runner
from dac.cli._arguments import Misuse, root_option
from dac.cli._cluster import EXIT_STATUS, on_cluster
from dac.cli._local import assembled, bindings_of, watched
from dac.cli._pipeline import (
    bindings_option,
    catalog_objects,
    own_bindings,
    pass_env_option,
    pipeline_documents,
    refuse,
)
from dac.cli._printer import say
from dac.cli._profile import profile_option
from dac.cli._run_estimates import predicted
from dac.cli._runs import run_source
from dac.cli._workflow_files import read_files, say_where_templates_lie
from dac.load.standards import load_catalog

# Options that a run on this machine alone has -> their parameters.
_LOCAL_OPTIONS = {
    "-f": "files",
    "--entrypoint": "entrypoint",
    "--bindings": "bindings",
    "--pass-env": "pass_env",
    "--host-commands": "host_commands",
    "--own-roots": "own_roots",
    "--command": "commands",
    "--resume": "resume",
    "--supply": "supplied",
    "--dry-run-resources": "dry_run_resources",
    "--namespace": "namespace",
}


@click.command()
@click.argument("pipeline", required=False, metavar="[PROJECT/PIPELINE]")
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
    help="A workflow file of any kind, - for stdin; repeated for the files or folders of templates that it refers to. "
    "Running it may run code of its author's: read it first.",
)
@click.option("--entrypoint", default="", help="The template to start with, instead of the file's own.")
@click.option(
    "-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="An argument; may be repeated."
)
@bindings_option("ConfigMaps by name (endpoints, limits), secrets and pass_env, over the catalog's local ones.")
@pass_env_option
@click.option(
    "--host-commands",
    is_flag=True,
    help="Run commands other than the programs of catalog images on this machine itself.",
)
@click.option(
    "--own-roots/--no-own-roots",
    default=None,
    help="With --host-commands: give each container its folder for its root, or rewrite paths in its command. Where "
    "neither is given, it gets one if this machine lets you have them.",
)
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="IMAGE=COMMAND",
    help="The command of an image's containers that state none; may be repeated.",
)
@click.option("--resume", is_flag=True, help="Let suspend templates that wait for a person go on at once.")
@click.option(
    "--supply",
    "supplied",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of an output that a person supplies, or a cluster; TEMPLATE.NAME where two have the name.",
)
@click.option(
    "--dry-run-resources",
    is_flag=True,
    help="Write what resource templates would send to a cluster into the run's folder, and send nothing.",
)
@click.option("--namespace", default="", help="The namespace it would run in; the manifest's, else default.")
@click.option("--name", default="", help="The run's name; made of the manifest's and the time when left out.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="The state folder; .dac in the tree when left out.",
)
@click.option(
    "--cluster", is_flag=True, help="Submit it to the cluster of the current kubeconfig instead, and follow it."
)
@click.option("--follow", default="", metavar="RUN", help="With --cluster: follow this run, and start none.")
@profile_option
@root_option
@click.pass_context
def run(
    ctx: click.Context,
    pipeline: str | None,
    files: tuple[Path, ...],
    entrypoint: str,
    parameters: tuple[str, ...],
    bindings: Path | None,
    pass_env: tuple[str, ...],
    host_commands: bool,
    own_roots: bool | None,
    commands: tuple[str, ...],
    resume: bool,
    supplied: tuple[str, ...],
    dry_run_resources: bool,
    namespace: str,
    name: str,
    state: Path | None,
    cluster: bool,
    follow: str,
    root: Path,
) -> None:
    """Run a pipeline of a project, or a workflow file, in processes of this machine.

    The rendered CronWorkflow and its template are interpreted as Argo 4.0.5 interprets them. Each step runs in its
    image's own locked environment, with its paths in a folder of the run; addresses come from the bindings. What cannot
    be honoured is refused by name before anything starts. The record is in .dac/runs/NAME: result.json, events.jsonl,
    logs/. Ctrl-C ends the steps and runs the exit handler; a second one ends that too.

    PROJECT/PIPELINE is rendered in memory, and refused where rendered/ on disk differs. A workflow file is code: its
    steps run as you, with your files and your network. Paths and names in it that lead out of the run's folder are
    refused, and so are commands other than a catalog image's programs without --host-commands; that keeps a mistake in
    its place, not an attacker. Steps get none of your variables but those for proxies, certificates, devices and
    threads: --pass-env names others, such as credentials.

    With --cluster the run is made from the project's CronWorkflow in the cluster, and followed; Ctrl-C then leaves it
    running there and says how to follow it on.

    Exit status: 0 when it succeeded, 1 when it failed, 2 when it was refused, 130 when a run in the cluster was left.

    \b
    Examples:
      dac run python-docs/index
      dac run python-docs/index --bindings laptop.yaml
      dac run -f workflow.yaml -p size=small --host-commands
      dac run -f workflow.yaml --host-commands --command whalesay=echo
      dac run -f approval.yaml --host-commands --supply approve=YES
      dac run -f job.yaml --dry-run-resources --supply job-uid=1
      dac run --cluster python-docs/index
      dac run --cluster python-docs/index --follow index-7xk2p
    """
    if (pipeline is None) == (not files):
        raise Misuse("name one pipeline as PROJECT/PIPELINE, or a workflow file with -f")
    arguments = _named_values("-p", parameters)
    answers = runner.Answers(resume, _named_values("--supply", supplied), dry_run_resources)
    commit = {"commit": _commit(root)} if pipeline is not None else {}
    if cluster:
        _refuse_local_options(ctx)
        expected = predicted(root, pipeline, run_source(root, True, None)) if pipeline and not follow else {}
        ctx.exit(on_cluster(pipeline or "", {**commit, **expected, **arguments}, name, follow))
    if follow:
        raise Misuse("--follow is for a run in a cluster: give --cluster too")
    state = (state or root / ".dac").resolve()
    catalog, findings = load_catalog(root)
    refuse(ctx, findings)
    platform: list[dict[str, object]] = []
    if files:
        documents = read_files(ctx, files)
        platform = catalog_objects(ctx, root)
    else:
        project, documents, platform, expander = pipeline_documents(ctx, root, pipeline or "")
        namespace = namespace or project.name
        expected = predicted(root, pipeline or "", run_source(root, False, state), expander)
        arguments = {**commit, **expected, **arguments}
    images = runner.Images(catalog, root, host_commands, _entrypoints(commands))
    try:
        source = assembled(ctx, documents, entrypoint, arguments, images, answers)
    except click.exceptions.Exit:
        say_where_templates_lie(documents, files)
        raise
    given = bindings_of(catalog, state, platform, documents, namespace).merged(own_bindings(ctx, bindings, pass_env))
    if host_commands:
        say("--host-commands: commands other than the programs of catalog images run on this machine itself", err=True)
    _refuse_name(name, state)
    # Last, since they make the state folder, of which nothing is there where a run is refused.
    images.roots = _roots(ctx, state, own_roots) if host_commands else None
    operation, folder = watched(source, runner.Request(state, given, images, namespace, name, answers))
    say(json.dumps({"name": operation.identity.name, "phase": operation.phase, "record": str(folder / "result.json")}))
    ctx.exit(EXIT_STATUS.get(operation.phase, 1))


def _roots(ctx: click.Context, state: Path, wanted: bool | None) -> runner.Roots | None:
    """Return what gives containers their roots; None where paths are rewritten instead."""
    if wanted is False:
        return None
    try:
        roots = runner.Roots(state)
    except runner.Unavailable as error:
        if wanted:
            reason = f"--own-roots is not available here: {error}"
            raise Misuse(f"{reason}; leave it out, and paths are rewritten in commands") from error
        say(f"this machine gives containers no roots of their own ({error}): paths are rewritten in commands", err=True)
        return None
    ctx.call_on_close(roots.close)
    return roots


def _refuse_local_options(ctx: click.Context) -> None:
    """Refuse what `--cluster` could not honour: options of a run on this machine."""
    for option, parameter in _LOCAL_OPTIONS.items():
        if ctx.params[parameter]:
            raise Misuse(f"{option} is for a run on this machine; with --cluster the cluster's own CronWorkflow runs")


def _refuse_name(name: str, state: Path) -> None:
    """Refuse a run's name that Kubernetes would refuse or that another run has."""
    if name and not re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", name):
        raise Misuse(f"{name!r} cannot be the name of a run; it has lower-case letters, digits, - and . only")
    if name and (state / "runs" / name).exists():
        raise Misuse(f"a run named {name} is recorded already; give another name")


def _named_values(option: str, given: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise Misuse(f"{option} {item} is not of the form NAME=VALUE")
        values[name] = value
    return values


def _entrypoints(given: tuple[str, ...]) -> dict[str, list[str]]:
    entrypoints = {}
    for item in given:
        image, equals, command = item.partition("=")
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise Misuse(f"--command {item}: {error}") from error
        if not equals or not image or not words:
            raise Misuse(f"--command {item} is not of the form IMAGE=COMMAND")
        entrypoints[image] = words
    return entrypoints


def _commit(root: Path) -> str:
    """Return the commit of a clean tree; empty, with a note on stderr, if the tree differs from it."""
    git = ["git", "-C", str(root)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        say("the tree is not a Git repository: the run records no commit", err=True)
        return ""
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    if changed.stdout.strip():
        say("the tree differs from its commit: the run records none", err=True)
        return ""
    return head.stdout.strip()
