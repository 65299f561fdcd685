"""`dac manifest`: writes a manifest of documents that lie elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._image_program import place_of
from dac.cli._pipeline import bindings_option, last_event, own_bindings, pass_env_option, refuse
from dac.cli._printer import say, show
from dac.load.standards import load_catalog
from dac.model import Catalog
from dac.model.printing import json_printable
from dac.model.words import plural, quoted

_TO = re.compile(r"s3://[a-z0-9][a-z0-9.-]*/.*[^/]\.jsonl")
_OBJECTS = "objects"  # the endpoint of the object store


@click.command()
@click.argument("source")
@click.option("--to", required=True, metavar="ADDRESS", help="Of the manifest: s3://BUCKET/NAME.jsonl.")
@click.option("--include", "includes", multiple=True, metavar="PATTERN", help="Only these documents; may be repeated.")
@click.option("--exclude", "excludes", multiple=True, metavar="PATTERN", help="Not these; may be repeated.")
@click.option("--revision", default="", metavar="NAME", help="Branch, tag or commit of a Git repository.")
@click.option("--json", "as_json", is_flag=True, help="What was done as one JSON object.")
@bindings_option("Addresses over the catalog's local ones: `endpoints: {objects: ...}`.")
@pass_env_option
@root_option
@click.pass_context
def manifest(
    ctx: click.Context,
    source: str,
    to: str,
    includes: tuple[str, ...],
    excludes: tuple[str, ...],
    revision: str,
    as_json: bool,
    bindings: Path | None,
    pass_env: tuple[str, ...],
    root: Path,
) -> None:
    """Write a manifest of a folder, a prefix of the object store, a Git repository or a web site.

    SOURCE is a folder, s3://BUCKET/PREFIX, a repository (git://, ssh://, file://, https://... ending in .git,
    git+https://...; a folder with --revision), a sitemap's address, or a site's root, whose sitemaps its robots.txt
    names. Documents are brought to the object store beside the manifest; those of a prefix stay where they are. Titles
    and metadata come from Markdown's front matter and the head of HTML pages; a page's address is its metadata `url`.

    A second time only what changed is brought, and what the source no longer has is removed. Whatever is skipped is
    counted and named. A pattern is as in a .gitignore: `*.md`, `drafts/`, `docs/**`. A Git server's token is passed as
    `--pass-env SECRET_SOURCE_TOKEN`, the object store's keys likewise; `--pass-env HOME` gives git your own settings.

    Exit status: 0 written, 1 the source or the store does not answer or has no documents, 2 misuse.

    \b
    Examples:
      dac manifest docs/ --to s3://handbook/manifest.jsonl --exclude drafts/
      dac manifest https://git.example.com/team/docs.git --revision v2 --to s3://handbook/git.jsonl --include '*.md'
      dac manifest https://docs.example.com/sitemap.xml --to s3://handbook/site.jsonl
      dac manifest s3://handbook/in/ --to s3://handbook/in.jsonl
    """
    if not _TO.fullmatch(to):
        raise Misuse(f"--to {quoted(to)} is not a manifest's address; write s3://BUCKET/NAME.jsonl")
    if "://" not in source and Path(source).is_dir():
        source = str(Path(source).resolve())
    catalog, findings = load_catalog(root)
    refuse(ctx, findings)
    words = [f"--source={source}", f"--to={to}", f"--revision={revision}"]
    words += [f"--include={pattern}" for pattern in includes] + [f"--exclude={pattern}" for pattern in excludes]
    done = _collected(ctx, root, catalog, words, bindings, pass_env)
    if done.returncode:
        say(last_event(done.stderr), err=True)
        ctx.exit(1)
    if as_json:
        show(json_printable(done.stdout))
    else:
        _say(json.loads(done.stdout))


def _collected(
    ctx: click.Context, root: Path, catalog: Catalog, words: list[str], bindings: Path | None, pass_env: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    """Run the image's program, with the addresses that `dac run` would give it."""
    from dac import run as runner

    given = runner.of_catalog(catalog, (root / ".dac").resolve()).merged(own_bindings(ctx, bindings, pass_env))
    objects = given.configmap("endpoints", _OBJECTS)
    place = place_of(runner.Images(catalog, root, False), catalog, "rag")
    environment = {**place.environment, **given.passed(), "OBJECTS": objects or ""}
    return subprocess.run(
        place.program("collect", *words), env=environment, capture_output=True, text=True, check=False
    )


def _say(summary: dict[str, Any]) -> None:
    """Print what was done in lines: what the manifest has, then what it has not, and why."""
    counts = ", ".join(f"{summary[name]} {name}" for name in ("added", "changed", "removed") if summary[name])
    titled = f"{summary['titled']} with a title"
    say(f"{summary['manifest']}: {plural(summary['documents'], 'document')}, {titled}; {counts or 'nothing changed'}")
    for label in ("skipped", "kept as they were", "left out"):
        for why, fact in summary[{"kept as they were": "kept", "left out": "lost"}.get(label, label)].items():
            more = f" and {fact['count'] - len(fact['names'])} more" if fact["count"] > len(fact["names"]) else ""
            say(f"{label}: {fact['count']}, {why}: {', '.join(fact['names'])}{more}")
    for pattern in summary["unused"]:
        say(f"no document fits the pattern {quoted(pattern)}")
