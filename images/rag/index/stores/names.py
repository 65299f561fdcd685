"""Names of collections and aliases for engines that allow letters, digits and underscores alone.

`identity` joins names of letters, digits and dashes by one underscore. Here a dash becomes `__`, the underscore `_s`,
behind a prefix: read from left to right each underscore is half of one or the other, so that no two names become one.
Names of before 28 November 2026 hold no underscore; behind a prefix of their own a dash of theirs is `_`, as it was.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """How one engine has the platform's names.

    Attributes:
        prefix: of names that hold an underscore.
        former: of names that hold none.
    """

    prefix: str
    former: str

    def encoded(self, name: str) -> str:
        """Return a name as the engine has it."""
        if "_" not in name:
            return self.former + name.replace("-", "_")
        return self.prefix + name.replace("_", "_s").replace("-", "__")

    def decoded(self, name: str) -> str:
        """Return the name that the engine has as `name`; `name` itself where it has neither prefix: it is not ours."""
        if name.startswith(self.former):
            return name.removeprefix(self.former).replace("_", "-")
        if not name.startswith(self.prefix):
            return name
        first, *parts = name.removeprefix(self.prefix).split("__")
        return "-".join(part.replace("_s", "_") for part in (first, *parts))
