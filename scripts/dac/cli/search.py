"""`dac search`: asks a pipeline's live index a question."""

from __future__ import annotations

from pathlib import Path

import click

from dac.cli._arguments import root_option
from dac.cli._pipeline import bindings_option, call, last_event, pass_env_option
from dac.cli._printer import say, say_lines, show
from dac.model.printing import json_printable


@click.command()
@click.argument("pipeline", metavar="PROJECT/PIPELINE")
@click.argument("question")
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many hits.")
@click.option(
    "--where", multiple=True, metavar="FILTER", help="Only documents whose metadata passes; given twice, both hold."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with the text of each hit.")
@bindings_option()
@pass_env_option
@root_option
@click.pass_context
def search(
    ctx: click.Context,
    pipeline: str,
    question: str,
    top: int,
    where: tuple[str, ...],
    as_json: bool,
    bindings: Path | None,
    pass_env: tuple[str, ...],
    root: Path,
) -> None:
    """Ask the index that readers of a pipeline see.

    Prints score, document, heading and metadata, the nearest first. The question is embedded by the model of that very
    index, in the image's own environment. Exit status: 0 answered, 1 no index or no answer, 2 misuse.

    A filter compares keys of the documents' metadata: = != < <= > >=, in [a, b], not in, has KEY, a key that is true,
    joined by and, or, not and ( ). Dates are ISO 8601 (a day is all of it, in UTC); `document` is a document's id.

    \b
    Examples:
      dac search python-docs/search "How do I format a number?"
      dac search python-docs/search "loop over a list" --top 3 --json
      dac search python-docs/search "loop" --where document=for
      dac search python-docs/search "loop" --where 'year >= 2024 and (team = docs or tags in [a, b]) and not draft'
    """
    words = ["search", f"--question={question}", f"--top={top}", *(f"--where={condition}" for condition in where)]
    done = call(ctx, root, pipeline, [*words, *(["--json"] if as_json else [])], bindings, pass_env)
    if done.returncode:
        say(last_event(done.stderr), err=True)
        ctx.exit(1)
    if as_json:
        show(json_printable(done.stdout))
    else:
        say_lines(done.stdout)
