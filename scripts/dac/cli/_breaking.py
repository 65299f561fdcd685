"""Edits of a released standard that break who uses it, since a branch left another."""

from __future__ import annotations

from dac.cli._arguments import Misuse
from dac.load import load_repository
from dac.load.history import HistoryError, changed_paths, exported, merge_base, resolve
from dac.model import Finding, Repository
from dac.validate import breaking_edits


def breaking_since(head: Repository, reference: str) -> list[Finding]:
    """Return a finding for each breaking edit of the working tree.

    Args:
        head: the working tree, with every standard.
        reference: what its branch left.

    Raises:
        Misuse: this clone does not have the base.
    """
    root = head.root
    try:
        base = merge_base(root, resolve(root, "HEAD"), resolve(root, reference))
        if not any(path.startswith("standards/") for path in changed_paths(root, base)):
            return []
        with exported(root, base, ["standards"]) as tree:
            return breaking_edits(load_repository(tree, [])[0], head)
    except HistoryError as error:
        raise Misuse(str(error)) from error
