"""`dac evaluate`: a first verdict on a model, before there is a project."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._endpoint_probe import checked_url, chosen_model, models
from dac.cli._evaluation_lines import Lines
from dac.cli._evaluation_options import (
    check_known,
    checked_metrics,
    checked_name,
    checked_owner,
    newest_standard,
    read_floors,
    read_key,
)
from dac.cli._evaluation_run import (
    KEY_VARIABLE,
    NAMESPACE,
    REQUEST_SECONDS,
    Evaluation,
    dataset_file,
    dataset_uri,
    outcome,
    without_least_rows,
)
from dac.cli._image_program import place_of
from dac.cli._pipeline import catalog_objects, last_event, read_documents, refuse
from dac.cli._printer import say, show
from dac.load import load_repository
from dac.model import Repository, Standard
from dac.model.printing import json_printable
from dac.model.words import plural, quoted
from dac.validate.checks.evaluation import metric_api


@click.command()
@click.option("--endpoint", required=True, metavar="URL", help="The served model: an OpenAI-compatible address.")
@click.option(
    "--data",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Questions and right answers: .jsonl, .json, .csv, .tsv or .parquet.",
)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="How answers are scored; may be repeated.")
@click.option("--model", default="", help="The model's name at the endpoint; its only one when left out.")
@click.option("--question", default="", metavar="COLUMN", help="The column that asks; known by its name if left out.")
@click.option("--answer", default="", metavar="COLUMN", help="The column of right answers; known by its name likewise.")
@click.option("--limit", default=0, type=click.IntRange(0), metavar="N", help="Only the first N rows.")
@click.option("--key-env", default="", metavar="NAME", help="The variable that holds the endpoint's key.")
@click.option(
    "--key-header", default="", metavar="NAME", help="The header that takes the key as it is, such as api-key."
)
@click.option("--max-tokens", default=512, show_default=True, type=click.IntRange(1, 131072), help="Of an answer.")
@click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1, 512), help="Requests at once.")
@click.option("--normalisation", default="squad", show_default=True, help="How texts are made alike: a catalog's name.")
@click.option("--floor", "floors", multiple=True, metavar="METRIC=VALUE", help="The smallest value that passes.")
@click.option("--accept", is_flag=True, help="Make this run what later ones of its name are compared with.")
@click.option("--name", default="", help="Of the evaluation; the data file's when left out.")
@click.option("--size", default="small", show_default=True, help="Its limits on tokens and cost: a catalog's name.")
@click.option("--project", default="", help="The project that the lines are for; the name when left out.")
@click.option("--owner", default="", metavar="TEAM", help="Who owns that project.")
@click.option("--write", "writes", is_flag=True, help="Write the project's and the catalog's lines into the tree.")
@click.option("--open", "opens", is_flag=True, help="Open the report in a browser.")
@click.option("--json", "as_json", is_flag=True, help="Print scores, verdict and report as one JSON object instead.")
@root_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    endpoint: str,
    data: Path,
    metrics: tuple[str, ...],
    model: str,
    question: str,
    answer: str,
    limit: int,
    key_env: str,
    key_header: str,
    max_tokens: int,
    concurrency: int,
    normalisation: str,
    floors: tuple[str, ...],
    accept: bool,
    name: str,
    size: str,
    project: str,
    owner: str,
    writes: bool,
    opens: bool,
    as_json: bool,
    root: Path,
) -> None:
    """Evaluate a served model on a file of questions, without a project or a line in the catalog.

    The programs and the template are those of eval-suite, run in processes of this machine; nothing under projects/ is
    needed. Prints the scores with their 95 % intervals, the verdict and where the report lies, then the lines that make
    it a pipeline (--write writes them). A first run has nothing to be compared with, so that its verdict is
    inconclusive: --accept makes it what later runs of the same name are compared with, --floor gives the smallest value
    that passes. What runs leave is in .dac/evaluate.

    Exit status: 0 when it ran (pass or inconclusive), 1 when it failed or its verdict is fail, 2 misuse.

    \b
    Examples:
      dac evaluate --endpoint http://127.0.0.1:8000/v1 --data answers.csv --metric exact_match
      dac evaluate --endpoint https://api.example.com/v1 --model m-1 --key-env API_KEY \\
        --data questions.jsonl --metric token_f1 --metric rouge_l --floor token_f1=0.6
      dac evaluate --endpoint http://127.0.0.1:8000/v1 --data answers.csv --metric exact_match \\
        --accept --project support --owner team-docs --write
    """
    repository, findings = load_repository(root, [])
    refuse(ctx, findings)
    standard = newest_standard(repository)
    name = checked_name(
        name or re.sub(r"[^a-z0-9]+", "-", data.stem.lower()).strip("-")[:30].strip("-") or "evaluation"
    )
    chosen = checked_metrics(standard, metrics)
    check_known(repository, "normalisations", "--normalisation", normalisation)
    check_known(repository, "sizes", "--size", size)
    owner = checked_owner(repository, owner)
    limits = read_floors(chosen, floors)
    url, key = checked_url(endpoint), read_key(key_env)
    state = root / ".dac" / "evaluate"
    from dac import run as runner

    images = runner.Images(repository.catalog, root, False)
    words = [f"--question={question}", f"--answer={answer}", f"--limit={limit}"]
    made = dataset_file(state, name)
    facts = _import(images, repository, data, made, chosen, words)
    for column in facts["ignored"]:
        say(f"{data}: column {quoted(column)} is not read", err=True)
    api = metric_api(chosen[0]) or "chat"
    token = {key_header or "Authorization": key if key_header else f"Bearer {key}"} if key else {}
    listed = models(url, token)
    served: dict[str, Any] = {
        "api": api,
        "model": model or name if api == "retrieval" else chosen_model(model, listed),
        "concurrency": concurrency,
        "request_seconds": REQUEST_SECONDS,
        "price": {"input": 0.0, "output": 0.0},
        "registry": {},
        **({"token_header": key_header} if key_header else {}),
    }
    ours = Evaluation(name, url, served, chosen, size, max_tokens, normalisation, limits, accept, key)
    dataset = {"uri": dataset_uri(name), "sha256": facts["sha256"]}
    succeeded, result = _run(ctx, root, repository, standard, images, ours, dataset, state)
    least = int(standard.limits.get("least_rows", 1))
    if facts["rows"] < least:
        rows = plural(facts["rows"], "row")
        say(f"{rows}: a score of so few says little; a pipeline needs at least {least}", err=True)
    lines = Lines(ours, facts["sha256"], str(standard.ref), project or name, owner)
    if as_json:
        show(json_printable(json.dumps(result)) + "\n")
    elif result["scores"]:
        _say_lines(lines, root, made, writes)
    if opens and result["report"]:
        click.launch(result["report"])
    ctx.exit(0 if succeeded else 1)


def _run(
    ctx: click.Context,
    root: Path,
    repository: Repository,
    standard: Standard,
    images: Any,
    ours: Evaluation,
    dataset: dict[str, str],
    state: Path,
) -> tuple[bool, dict[str, Any]]:
    """Run the standard's template; return whether it succeeded, and what came of it."""
    from dac import run as runner
    from dac.cli._local import assembled, bindings_of, watched

    path = f"{standard.folder}/rendered.yaml"
    templates = [without_least_rows(document) for document in read_documents(ctx, root / path, path)]
    documents = [ours.workflow(f"{standard.ref.name}-{standard.ref.version}"), *templates]
    source = assembled(ctx, documents, "", {}, images)
    platform = str(repository.catalog.kinds["platform"]["namespaces"]["platform"])
    around = bindings_of(repository.catalog, state, catalog_objects(ctx, root), documents, NAMESPACE)
    given = around.merged(ours.bindings(state, dataset, platform))
    os.environ.pop(KEY_VARIABLE, None)
    if ours.key:  # never in a file
        os.environ[KEY_VARIABLE] = ours.key
    operation, _ = watched(source, runner.Request(state, given, images, NAMESPACE))
    return operation.phase == "Succeeded", outcome(state, ours.name, operation.identity.uid).json()


def _import(
    images: Any, repository: Repository, data: Path, made: Path, metrics: Sequence[str], words: list[str]
) -> dict[str, Any]:
    """Make a dataset of the file, with the image's own program; return its facts."""
    place = place_of(images, repository.catalog, "eval")
    flags = [f"--data={data}", f"--out={made}", f"--metrics={','.join(metrics)}", *words]
    command = place.program("import_samples", *flags)
    done = subprocess.run(command, env={**place.environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Misuse(last_event(done.stderr))
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _say_lines(lines: Lines, root: Path, made: Path, writes: bool) -> None:
    if not writes:
        say("to make it a pipeline, add these lines (or run it again with --project, --owner and --write):", err=True)
        show(lines.shown())
    else:
        for path in lines.write(root):
            say(path)
    say(f"then publish the dataset: copy {made} to {lines.uri}", err=True)
    say(
        "next: fill in the endpoint's egress, list the project in standards/catalog/owners/, let its owner read the "
        "dataset (`reads` in standards/catalog/owners.yaml), then: "
        f"dac render && dac check {lines.project}",
        err=True,
    )
