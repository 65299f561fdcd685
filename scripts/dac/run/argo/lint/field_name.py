"""The names of templates, tasks, parameters: which Argo accepts; and the error that every check of a spec raises."""

from __future__ import annotations

import re

FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
PARAMETER = re.compile(r"[-a-zA-Z0-9_]+")
_LONGEST = 128


class LintError(Exception):
    """Something is wrong with a template or a spec; the message is the controller's."""


def check_name(where: str, name: str, seen: set[str], pattern: re.Pattern[str] = FIELD) -> None:
    """Check a name, and add it to those seen beside it.

    Raises:
        LintError: The name is missing, invalid or given twice.
    """
    if not name:
        raise LintError(f"{where}.name is required")
    if not pattern.fullmatch(name) or len(name) > _LONGEST:
        raise LintError(f"{where}: the name '{name}' is invalid: it must consist of alpha-numeric characters or '-'")
    if name in seen:
        raise LintError(f"{where}: the name '{name}' is not unique")
    seen.add(name)
