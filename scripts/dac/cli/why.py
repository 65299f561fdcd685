"""`dac why`: where a rendered value comes from, and what a line reaches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from dac.cli._arguments import Misuse, chosen, root_option
from dac.cli._collection import collect_nothing
from dac.cli._printer import say, show
from dac.cli._why_formats import Leverage, as_json, counted, kinds_of, lines_of, summary
from dac.cli._why_leaves import Tree, at_path, line_of, load_tree
from dac.expand import fields_of
from dac.load import load_credentials, project_names
from dac.model.origin import Leaf
from dac.model.suggestion import suggestion
from dac.model.words import plural, quoted

_MOST = 200  # values that a line reaches, each shown with all that it comes from


@click.command()
@click.argument("target", required=False, metavar="[PROJECT[/PIPELINE]]")
@click.argument("path", required=False)
@click.option(
    "--from", "line", metavar="FILE:LINE", help="List what a line reaches instead, in all projects or PROJECT."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--full", is_flag=True, help="Print every value with all that it comes from.")
@root_option
@click.pass_context
def why(
    ctx: click.Context, target: str | None, path: str | None, line: str | None, form: str, full: bool, root: Path
) -> None:
    """Say where each rendered value comes from, with file:line; or what a line reaches.

    A value comes from decisions, from catalog entries, from defaults of the standard and its template, from
    expressions that compute it, and from the platform's own templates. What it depends on is found by changing each
    of these and expanding again. Values of templates are shown as the pipeline's arguments make them.

    Exit status: 0 told, 1 a value's origin is unknown or the line reaches nothing, 2 misuse.

    \b
    Examples:
      dac why python-docs
      dac why python-docs/search spec.schedules
      dac why python-docs/search 'spec.templates[embed].podSpecPatch'
      dac why python-docs '[ResourceQuota/budget]'
      dac why --from standards/catalog/sizes.yaml:17
      dac why --from projects/python-docs/decisions.yaml:6 --format json
    """
    collect_nothing()
    if line:
        if path:
            raise Misuse("--from takes a line, and a PROJECT at most; leave the path out")
        ctx.exit(_reverse(root, line, target, form, full))
    if not target:
        raise Misuse("name a project, PROJECT/PIPELINE, or a line with --from; dac why --help has examples")
    ctx.exit(_forward(root, target, path, form, full))


def _forward(root: Path, target: str, path: str | None, form: str, full: bool) -> int:
    folder, _, pipeline = target.partition("/") if not (root / target).is_dir() else (target, "", "")
    (name,) = chosen(root, [folder])
    tree = load_tree(root, [name])
    project = tree.projects[name]
    if pipeline and pipeline not in project.pipelines:
        raise Misuse(f"{name} has no pipeline {quoted(pipeline)}; {suggestion(pipeline, project.pipelines)}")
    subjects = {f"{name}/{pipeline}"} if pipeline else {name, *(f"{name}/{own}" for own in project.pipelines)}
    leaves = [leaf for leaf in tree.provenance.project(project) if leaf.subject in subjects]
    leverage = _leverage(tree, name, pipeline, leaves)
    asked = at_path(leaves, path, target) if path else leaves
    redact = load_credentials(root).redact
    if form == "json":
        facts = {
            "target": f"{name}/{pipeline}" if pipeline else name,
            "leverage": {"fields": leverage.fields, "decisions": leverage.decisions, "ratio": leverage.ratio},
        }
        show(as_json(asked, facts, redact))
    else:
        lines = lines_of(asked, redact) if path or full else summary(asked)
        kinds = kinds_of(asked)
        tail = "" if path or full else "; name a PATH to see its lines, or --full"
        show("\n".join([*lines, "", f"{plural(len(asked), 'value')}: {counted(kinds)}{tail}"]) + "\n")
        say(str(leverage))
    return int(any(leaf.unknown for leaf in asked))


def _reverse(root: Path, argument: str, target: str | None, form: str, full: bool) -> int:
    names = chosen(root, [target]) if target else project_names(root)
    own = argument.partition("projects/")[2].split("/")[0]
    tree = load_tree(root, [own] if own in names and not target else names)
    line = line_of(tree.repository, argument)
    reached = [leaf for leaf in tree.leaves() if line.reaches(leaf)]
    redact = load_credentials(root).redact
    if form == "json":
        show(as_json(reached, {"from": f"{line.file}:{line.number}"}, redact))
        return int(not reached)
    shown = reached if full else reached[:_MOST]
    subjects = list(dict.fromkeys(leaf.subject for leaf in reached))
    count = f"{line.file}:{line.number} reaches {plural(len(reached), 'value')} of {plural(len(subjects), 'subject')}"
    if not reached:
        say(f"{line.file}:{line.number} reaches no rendered value; each object's hash changes with what it holds")
        return 1
    show("\n".join([*lines_of(shown, redact), "", ""]))
    more = "" if len(shown) == len(reached) else f"; truncated: {len(shown)} of {len(reached)} shown, --full shows all"
    say(f"{count}{more}")
    return 0


def _leverage(tree: Tree, name: str, pipeline: str, leaves: Sequence[Leaf]) -> Leverage:
    """Return how many fields stand in the manifests and templates for each value of decisions.yaml."""
    data = tree.projects[name].document.data
    decided = data["pipelines"][pipeline] if pipeline else data
    fields = len({(leaf.subject, leaf.file, leaf.path[0], leaf.field) for leaf in leaves})
    return Leverage(fields, fields_of(decided))
