"""Whether a standard's `estimate` plainly fits its envelope, decided without pydantic; see envelope_fit.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_AMOUNTS = {"tokens", "token_usd"}


def fits_estimate(data: Any) -> bool:
    """Whether it is plainly an `EstimateEnvelope`."""
    return (
        isinstance(data, dict)
        and data.keys() - {"figures", "work", "alike", *_AMOUNTS} == {"steps"}
        and bool(data["steps"])
        and _each(data["steps"], _fits_step)
        and _each(data.get("figures", {}), _fits_figure)
        and _each(data.get("work", {}), _fits_work)
        and all(_fits_paths(data[name], {"actual"}, {"value"}, {"most"}) for name in _AMOUNTS & data.keys())
        and isinstance(data.get("alike", []), list)
        and all(map(_is_word, data.get("alike", [])))
    )


def _each(data: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(data, dict) and all(_is_word(name) and fits(facts) for name, facts in data.items())


def _fits_step(data: Any) -> bool:
    if not isinstance(data, dict) or type(data.get("beside", False)) is not bool:
        return False
    pods = data.get("pods", ["pod"])
    return (
        isinstance(pods, list)
        and bool(pods)
        and all(map(_is_word, pods))
        and _texts({n: v for n, v in data.items() if n not in ("pods", "beside")}, {"seconds"}, {"number", "when"})
    )


def _fits_figure(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and data.keys() == {"least", "most", "source"}
        and all(type(data[side]) in (int, float) and data[side] >= 0 for side in ("least", "most"))
        and isinstance(data["source"], str)
        and bool(data["source"])
    )


def _fits_work(data: Any) -> bool:
    return _fits_paths(data, {"actual", "whole"}, {"summary"}, {"value"})


def _fits_paths(data: Any, paths: set[str], required: set[str], optional: set[str]) -> bool:
    """Whether it is a mapping of texts, and of lists of texts under the names in `paths`."""
    if not isinstance(data, dict):
        return False
    lists = [data[name] for name in paths & data.keys()]
    return all(isinstance(each, list) and all(isinstance(t, str) and t for t in each) for each in lists) and _texts(
        {name: value for name, value in data.items() if name not in paths}, required, optional
    )


def _texts(data: Any, required: set[str], optional: set[str]) -> bool:
    """Whether it is a mapping of these names, each with a text."""
    return (
        isinstance(data, dict)
        and data.keys() - optional == required
        and all(isinstance(value, str) and value for value in data.values())
    )


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
