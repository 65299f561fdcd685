"""What to write in place of a name that there is not: the name that was meant, else those to choose from."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dac.model.words import article_list, quoted

_LONGEST_NAME = 80


def suggestion(name: str, names: Collection[str], *, likely: Iterable[str] = (), otherwise: str = "") -> str:
    """Return the remedy of a finding about an unknown name.

    Args:
        name: as it was written.
        names: those that it could be.
        likely: those of `names` that are looked at first, such as keys that are missing.
        otherwise: the remedy where none of the names is near; what to choose from when left out.
    """
    guess = nearest(name, likely) or nearest(name, names)
    return did_you_mean(guess) if guess else otherwise or choose_from(names)


def did_you_mean(name: str) -> str:
    """Return the remedy that proposes one name."""
    return f"did you mean {quoted(name)}?"


def choose_from(names: Iterable[str]) -> str:
    """Return the remedy that lists the names there are."""
    listed = article_list(names)
    return f"choose from {listed}" if listed else "there are none"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that a person most likely meant; None if none is near."""
    if len(name) > _LONGEST_NAME:  # nobody misspells a name at that length, and comparing takes seconds
        return None
    import difflib

    by_letters = {_letters(candidate): candidate for candidate in sorted(names)}
    matches = difflib.get_close_matches(_letters(name), by_letters, n=1, cutoff=0.7)
    return by_letters[matches[0]] if matches else None


def _letters(name: str) -> str:
    """Return a name without what is written in different ways: case, dashes, underscores."""
    return name.lower().replace("-", "").replace("_", "")
