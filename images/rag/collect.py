"""Writes a manifest of a folder, a prefix of the object store, a Git repository or a site. `dac manifest` starts it.

    python -m collect --source https://example.com/sitemap.xml --to s3://docs/site.jsonl --exclude 'blog/**'

OBJECTS says where s3:// addresses live. The Secret `source` may have a `token` for a Git server. Prints, as JSON, how
many documents there are, what changed since the last time, and what was skipped, kept or lost: by reason, with counts
and names.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from index.origins.bucket import Bucket
from index.origins.choice import Choice
from index.origins.folder import Folder
from index.origins.harvest import SUFFIX, Harvest
from index.origins.original import Origin
from index.origins.repository import Repository
from index.origins.site import Site
from runtime.errors import InputError
from runtime.program import exit_code

_GIT = re.compile(r"(git\+)?(ssh|git|file)://.|git\+https?://.|https?://.*\.git/?$|[\w.-]+@[\w.-]+:.")


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
    summary = Harvest(_origin(source, to, revision, choice), source, to).bring()
    return {**summary, "unused": choice.unused}


def _origin(source: str, to: str, revision: str, choice: Choice) -> Origin:
    if _GIT.match(source) or (revision and "://" not in source):
        return Repository(source.removeprefix("git+"), revision, choice)
    if revision:
        raise InputError(f"{source}: only a Git repository has a revision")
    if source.startswith("s3://"):
        return Bucket(source.rstrip("/"), choice, frozenset([to, f"{to.removesuffix(SUFFIX)}.stamps.json"]))
    if source.startswith(("http://", "https://")):
        return Site(source, choice)
    if "://" in source:
        raise InputError(f"{source}: not a source that is known; give a folder, s3://, a Git repository or http(s)://")
    return Folder(Path(source), choice)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True)
    parser.add_argument("--to", required=True, metavar="ADDRESS")
    parser.add_argument("--revision", default="")
    parser.add_argument("--include", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN")
    flags = parser.parse_args()
    choice = Choice(flags.include, flags.exclude)
    sys.exit(exit_code(lambda: collect(flags.source, flags.to, flags.revision, choice)))
