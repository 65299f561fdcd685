"""Writes a manifest of a folder, a prefix of the object store, a Git repository or a site.

    python -m collect --source https://example.com/sitemap.xml --to s3://docs/site.jsonl --exclude 'blog/**'
    python -m collect --in-a-run /var/run/dac/catalog/sources

`dac manifest` starts it as in the first line. The second is the first step of a run: it brings the sources in COLLECT,
whose facts are files of that folder, to <pipeline>/sources/<name>.jsonl, where `discover` reads them. What a source has
no longer is removed there, unless it is more than the size's `max_loss` of its documents (exit 65).

OBJECTS says where s3:// addresses live. The Secret `source` may have a `token` for a Git server; in a run it is the key
of the source's name in the Secret `sources`. Prints, as JSON, how many documents there are, what changed since the last
time, and what was skipped, kept or lost: by reason, with counts and names.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import orjson
from index import loss, sources
from index.origins.bucket import Bucket
from index.origins.choice import Choice
from index.origins.folder import Folder
from index.origins.harvest import SUFFIX, Guard, Harvest
from index.origins.original import Origin
from index.origins.repository import Repository
from index.origins.site import Site
from runtime import log, receipt, services, settings
from runtime.errors import InputError
from runtime.program import exit_code, main
from runtime.services import Credentials
from runtime.words import plural

_GIT = re.compile(r"(git\+)?(ssh|git|file)://.|git\+https?://.|https?://.*\.git/?$|[\w.-]+@[\w.-]+:.")
_USERNAME = "x-access-token"  # as GitHub and GitLab take it beside a token
_UNBUILT = {"gs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}  # by scheme, the library that would read it


def collect(source: str, to: str, revision: str, choice: Choice) -> dict[str, Any]:
    """Bring the documents of a source to the object store, and write their manifest.

    Args:
        source: a folder, an s3:// prefix, a Git repository's address or a site's.
        to: the manifest's address.
        revision: of a Git repository; "" for its default branch.
        choice: which documents are wanted.

    Raises:
        InputError: there is no such source, it has no documents, or `to` cannot be the manifest's address.
    """
    if not (to.startswith("s3://") and to.endswith(SUFFIX) and to.removesuffix(SUFFIX)[-1:] not in "/"):
        raise InputError(f"{to!r} is not a manifest's address; write s3://BUCKET/NAME{SUFFIX}")
    held = services.credentials("source", _USERNAME)
    summary = Harvest(_origin(source, to, revision, choice, held), source, to).bring()
    return {**summary, "unused": choice.unused}


def collect_sources(folder: Path) -> dict[str, Any]:
    """Bring the run's sources to the object store, one after another.

    Args:
        folder: holds each source's facts of the catalog, a file a name.

    Raises:
        InputError: one is not in the catalog, cannot be read, or lost too many documents at once.
        TryAgain: one did not answer.
    """
    began, run = time.time(), settings.run()
    done: dict[str, Any] = {}
    for name in dict.fromkeys(settings.names("COLLECT")):
        facts, to = _facts(folder, name), sources.collected(run, name)
        choice = Choice(facts.get("include", ()), facts.get("exclude", ()))
        origin = _origin(facts["address"], to, facts.get("revision", ""), choice, _of_source(name))
        # By its name: a source that has moved to another address is still that source.
        summary = Harvest(origin, f"source {name}", to, _guard(name)).bring()
        done[name] = {**summary, "address": facts["address"], "unused": choice.unused}
        _report(name, done[name])
    receipt.write_part(run, "collect", {"sources": done}, began)
    return done


def _facts(folder: Path, name: str) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = orjson.loads((folder / name).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"the source {name!r} is not in standards/catalog/sources.yaml") from error
    return facts


def _of_source(name: str) -> Credentials | None:
    token = settings.secret("sources", name)
    return Credentials(settings.secret("sources", f"{name}.username") or _USERNAME, token) if token else None


def _guard(name: str) -> Guard:
    def guard(held: Collection[str], seen: Collection[str]) -> None:
        loss.check_lost(f"the source {name}", held, seen, settings.sizing())

    return guard


def _report(name: str, done: dict[str, Any]) -> None:
    counts = ", ".join(f"{done[key]} {key}" for key in ("added", "changed", "removed") if done[key])
    log.info(
        "collected",
        f"source {name}: {plural(done['documents'], 'document')}, {counts or 'nothing changed'}",
        source=name,
        documents=done["documents"],
    )
    for kind, words in (("skipped", "leaves out"), ("kept", "keeps as it was"), ("lost", "cannot keep")):
        for why, fact in done[kind].items():
            named = ", ".join(fact["names"])
            log.warning(f"source_{kind}", f"source {name} {words} {fact['count']}: {why}: {named}", source=name)
    for pattern in done["unused"]:
        log.warning("source_pattern", f"source {name}: no document fits the pattern {pattern!r}", source=name)


def _origin(source: str, to: str, revision: str, choice: Choice, held: Credentials | None) -> Origin:
    if _GIT.match(source) or (revision and "://" not in source):
        return Repository(source.removeprefix("git+"), revision, choice, held)
    if revision:
        raise InputError(f"{source}: only a Git repository has a revision")
    if source.startswith("s3://"):
        return Bucket(source.rstrip("/"), choice, frozenset([to, f"{to.removesuffix(SUFFIX)}.stamps.json"]))
    if source.startswith(("http://", "https://")):
        return Site(source, choice)
    scheme, separator, _ = source.partition("://")
    if library := _UNBUILT.get(scheme):
        raise InputError(
            f"{source}: {scheme}:// needs the library {library}, which this image is not built with; copy the "
            f"documents to the object store, or add {library} to images/rag/requirements.in"
        )
    if separator:
        raise InputError(f"{source}: not a source that is known; give a folder, s3://, a Git repository or http(s)://")
    return Folder(Path(source), choice)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-a-run", type=Path, metavar="FOLDER", help="as a step of a run; the facts of its sources")
    parser.add_argument("--source")
    parser.add_argument("--to", metavar="ADDRESS")
    parser.add_argument("--revision", default="")
    parser.add_argument("--include", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN")
    flags = parser.parse_args()
    if flags.in_a_run:
        main("collect", lambda: collect_sources(flags.in_a_run))
    if not (flags.source and flags.to):
        parser.error("--source and --to are required, or --in-a-run")
    choice = Choice(flags.include, flags.exclude)
    sys.exit(exit_code(lambda: collect(flags.source, flags.to, flags.revision, choice)))
