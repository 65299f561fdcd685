"""Names of collections and aliases for engines that allow letters, digits and underscores alone.

`identity` joins names of letters, digits and dashes by one underscore. Here a dash becomes `__`, the underscore `_s`,
behind a prefix: read from left to right each underscore is half of one or the other, so that no two names become one.
Names of before 28 November 2026 hold no underscore; behind a prefix of their own a dash of theirs is `_`, as it was.
"""

from __future__ import annotations


def encoded(name: str, prefix: str, former: str) -> str:
    """Return a name as the engine has it, behind `prefix`, or behind `former` where it holds no underscore."""
    if "_" not in name:
        return former + name.replace("-", "_")
    return prefix + name.replace("_", "_s").replace("-", "__")


def decoded(name: str, prefix: str, former: str) -> str:
    """Return the name that the engine has as `name`; `name` itself where it has neither prefix, and so is not ours."""
    if name.startswith(former):
        return name.removeprefix(former).replace("_", "-")
    if not name.startswith(prefix):
        return name
    first, *parts = name.removeprefix(prefix).split("__")
    return "-".join(part.replace("_s", "_") for part in (first, *parts))
