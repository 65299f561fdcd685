"""`dac verify`: whether what a receipt says was run is what a commit renders to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._compose import failed
from dac.cli._expanded import sound_projects
from dac.cli._printer import say
from dac.cli._verify_facts import fact_findings, holds_facts
from dac.expand import Emitter, Expander, content_of
from dac.load import load_repository
from dac.load.history import HistoryError, commits, exported, resolve, texts
from dac.model import Finding, Location, Manifest, Project, Repository, StandardRef
from dac.model.facts import FILE
from dac.model.names import is_label
from dac.model.receipt import REQUIRED
from dac.model.words import article_list, quoted

_FIELDS = ("project", "pipeline", "standard", "commit", "content", "template_content")
_MOST = 64 * 2**20  # bytes of a receipt
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What a receipt says of its origin.

    Attributes:
        project, pipeline, standard: names.
        commit: may be empty.
        content, template_content: hashes, as `sha256:<hex>`.
        arguments: those in effect, by name; None where the receipt does not say.
        facts: variable -> digest of the catalog's facts in it; empty where the receipt does not say.
        missing: fields that every receipt has, and this one lacks.
    """

    project: str
    pipeline: str
    standard: str
    commit: str
    content: str
    template_content: str
    arguments: Mapping[str, str] | None
    facts: Mapping[str, str]
    missing: tuple[str, ...]

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
    content hashes of the CronWorkflow and of the template are compared with the receipt's, and so are the arguments
    that were in effect, but for those that a person may set by hand, and the digests of the catalog's facts that the
    run read. A receipt that leaves out one of those facts, or a field that every receipt has, does not agree. One that
    names no commit is looked for in the history. The exit status is 0 when all agrees, 1 when something differs.

    \b
    Examples:
      dac verify .dac/objects/dac-artifacts/python-docs/reference/receipts/reference-x7k2p.json
    """
    origin = _read(receipt)
    try:
        commit = resolve(root, origin.commit) if origin.commit else _newest(root, origin)
        if not commit:
            _not_found(ctx, root, origin)
        differences = [*_left_out(origin, receipt), *_differences(root, commit, origin)]
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
        with path.open("rb") as file:
            data: Any = json.loads(file.read(_MOST), object_pairs_hook=_object)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Misuse(f"{path} is not JSON: {error}; name a receipt.json") from error
    except RecursionError as error:
        raise Misuse(f"{path} is not a receipt: it is nested too deeply; name a receipt.json") from error
    wrong = [f for f in _FIELDS if not isinstance(data, dict) or not isinstance(data.get(f), str)]
    if wrong:
        raise Misuse(f"{path} is not a receipt: it has no text {', '.join(wrong)}; name a receipt.json")
    arguments = data.get("arguments")
    if arguments is not None and not (
        isinstance(arguments, dict) and all(isinstance(value, str) for value in arguments.values())
    ):
        raise Misuse(f"{path} is not a receipt: its arguments are not texts by name; name a receipt.json")
    facts = data.get("facts", {})
    if not isinstance(facts, dict) or not all(_HASH.fullmatch(str(digest)) for digest in facts.values()):
        raise Misuse(f"{path} is not a receipt: its facts are not content hashes by name; name a receipt.json")
    missing = tuple(name for name in REQUIRED if name not in data)
    receipt = _Receipt(**{field: data[field] for field in _FIELDS}, arguments=arguments, facts=facts, missing=missing)
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


def _left_out(origin: _Receipt, path: Path) -> Iterator[str]:
    """Yield a line where the receipt lacks what every receipt has: `finish` writes none such, somebody else did."""
    if origin.missing:
        text = f"the receipt lacks {article_list(origin.missing, len(REQUIRED))}, which every receipt has"
        remedy = "read it from the object store, as the run left it"
        yield str(Finding(Location(str(path)), "verify.incomplete", text, remedy))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Raises ValueError for a key that stands twice: others might read its first value."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {quoted(next(name for name in members if names.count(name) > 1))} is written twice")
    return members


def _newest(root: Path, origin: _Receipt) -> str:
    """Return the newest commit whose rendered files carry both hashes and the facts; empty when there is none."""
    paths = (*origin.rendered, FILE)
    history = commits(root, paths)
    files = iter(texts(root, [(commit, path) for commit in history for path in paths]))
    for commit, pipeline, template, catalog in zip(history, files, files, files, strict=False):
        carried = origin.content.encode() in (pipeline or b"") and origin.template_content.encode() in (template or b"")
        if carried and holds_facts(catalog, origin.facts):
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
    with exported(root, commit, ["standards", f"projects/{origin.project}/decisions.yaml"]) as tree:
        base, findings = load_repository(tree, [])
        projects, new_findings = sound_projects(base, [origin.project], estimates=False)
        if failed([*findings, *new_findings]) or origin.project not in projects:
            first = next(iter(sorted([*findings, *new_findings])), "there is no such project")
            yield f"{commit[:12]} does not render: {first}"
            return
        yield from _compared(base, projects[origin.project], origin, commit)


def _compared(base: Repository, project: Project, origin: _Receipt, commit: str) -> Iterator[str]:
    expander = Expander(base)
    manifests = [*expander.project(project)[0], *expander.standards()[0]]
    rendered = {manifest.path: manifest for manifest in manifests}
    for path, wanted in zip(origin.rendered, (origin.content, origin.template_content), strict=True):
        if path not in rendered:
            yield f"{path}: {commit[:12]} renders no such file"
        elif (content := content_of(rendered[path])) != wanted:
            yield f"{path}: {commit[:12]} renders {content}, the receipt says {wanted}"
    pipeline, template = (rendered.get(path) for path in origin.rendered)
    if pipeline and template and origin.ref in base.standards:
        by_hand = {name for name, parameter in base.standards[origin.ref].parameters.items() if parameter.by_hand}
        yield from map(str, _argument_findings(pipeline, template, by_hand, origin.arguments, commit))
        spec, maps, merged = template.objects[0], expander.catalog_maps, _merged(pipeline, template)
        yield from map(str, fact_findings(spec, maps, merged, origin.facts, commit))


def _argument_findings(
    pipeline: Manifest, template: Manifest, by_hand: Set[str], run: Mapping[str, str] | None, commit: str
) -> Iterator[Finding]:
    """Find the arguments of a run that are not the merged ones.

    Args:
        pipeline: the CronWorkflow, whose arguments win over the template's.
        template: the standard's, which has a default for each.
        by_hand: names that a person may set; they are not compared, nor is the content, which was compared as a hash.
        run: the arguments in effect; None where the receipt does not say.
        commit: what renders the manifests.
    """
    if run is None:
        message = "the receipt does not say with which arguments the run was started: they cannot be compared"
        yield Finding(Location(pipeline.path), "verify.no_arguments", message, "run the pipeline again")
        return
    merged = _merged(pipeline, template)
    lines = Emitter().emit(pipeline).decode().splitlines()
    for name in sorted({*merged, *run} - by_hand - {"content"}):
        if merged.get(name) == run.get(name):
            continue
        had = f"was {quoted(run[name])} in the run" if name in run else "was missing in the run"
        renders = f"{commit[:12]} renders {quoted(merged[name])}" if name in merged else f"{commit[:12]} renders none"
        line = next((i for i, text in enumerate(lines, 1) if text.strip() == f"- name: {name}"), 1)
        place = Location(pipeline.path, line)
        yield Finding(
            place, "verify.argument", f"argument {quoted(name)} {had}, {renders}", "start it as it was merged"
        )


def _merged(pipeline: Manifest, template: Manifest) -> dict[str, str]:
    """Return the arguments of a pipeline's runs, the template's defaults among them."""
    given = pipeline.objects[0]["spec"]["workflowSpec"].get("arguments", {}).get("parameters", [])
    defaults = template.objects[0]["spec"].get("arguments", {}).get("parameters", [])
    return {item["name"]: str(item.get("value", "")) for item in [*defaults, *given]}
