"""Whether a file plainly fits its envelope, decided without pydantic.

Importing pydantic and building its models takes 0.3 s of the processor, more than half of what a whole check of one
project may take. So it is asked only of a file that does not plainly fit, and it alone says what is wrong. What passes
here passes there: a test holds the two against each other.
"""

from __future__ import annotations

import re
from typing import Any

from dac.load.envelope_estimate import fits_estimate
from dac.model.effect_class import EffectClass
from dac.model.names import is_label

REF = re.compile(r"([a-z0-9-]+)@(v[0-9]+)")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_VERSION = re.compile(r"v[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYS = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*")
_TEXT = re.compile(r".+", re.DOTALL)
_REASON = re.compile(r".{10,}", re.DOTALL)
_CLASSES = list(EffectClass)
_STANDARD = {"name", "version", "summary", "decisions", "parameters", "schedule", "limits", "service_account"}


def fits_decisions(data: Any) -> bool:
    """Whether it is plainly a `DecisionsEnvelope`."""
    if not (isinstance(data, dict) and data.keys() == {"owner", "pipelines"} and _is_label(data["owner"])):
        return False
    pipelines = data["pipelines"]
    return (
        isinstance(pipelines, dict)
        and bool(pipelines)
        and all(
            _is_label(name) and isinstance(pipeline, dict) and _is(REF, pipeline.get("standard"))
            for name, pipeline in pipelines.items()
        )
    )


def fits_standard(data: Any) -> bool:
    """Whether it is plainly a `StandardEnvelope`."""
    if not isinstance(data, dict) or data.keys() - {"checks", "estimate"} != _STANDARD:
        return False
    checks, parameters = data.get("checks", []), data["parameters"]
    return (
        _is_label(data["name"])
        and _is_label(data["service_account"])
        and _is(_VERSION, data["version"])
        and all(isinstance(data[key], str) and data[key] for key in ("summary", "schedule"))
        and all(isinstance(data[key], dict) for key in ("decisions", "parameters", "limits"))
        and (isinstance(checks, list) and all(_is(_WORD, check) for check in checks))
        and bool(parameters)
        and all(_is(_WORD, name) and _fits_parameter(facts) for name, facts in parameters.items())
        and ("estimate" not in data or fits_estimate(data["estimate"]))
    )


def fits_migration(data: Any) -> bool:
    """Whether it is plainly a `MigrationEnvelope`."""
    if not isinstance(data, dict) or data.keys() - {"class", "decisions", "add"} != {"from", "means"}:
        return False
    decisions, added = data.get("decisions", {}), data.get("add", {})
    return (
        _is(_VERSION, data["from"])
        and _is(_TEXT, data["means"])
        and data.get("class", EffectClass.UNCLASSIFIED) in _CLASSES
        and (isinstance(decisions, dict) and all(_is(_WORD, n) and _fits_step(step) for n, step in decisions.items()))
        and (isinstance(added, dict) and all(_is(_WORD, name) for name in added))
    )


def _fits_step(data: Any) -> bool:
    if not isinstance(data, dict) or len(data) != 1:
        return False
    return _is(_KEYS, data.get("to")) or _is(_TEXT, data.get("drop"))


def fits_waivers(data: Any) -> bool:
    """Whether it is plainly a `WaiversEnvelope`."""
    if not (isinstance(data, dict) and data.keys() == {"waivers"} and isinstance(data["waivers"], list)):
        return False
    return all(
        isinstance(waiver, dict)
        and waiver.keys() == {"rule", "path", "value", "until", "owner", "reason"}
        and _is(_CODE, waiver["rule"])
        and type(waiver["value"]) in (str, int, float)
        and _is(_TEXT, waiver["path"])
        and _is(_DAY, waiver["until"])
        and _is_label(waiver["owner"])
        and _is(_REASON, waiver["reason"])
        for waiver in data["waivers"]
    )


def _fits_parameter(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and data.keys() - {"by_hand"} == {"value", "pattern", "description"}
        and isinstance(data.get("by_hand", False), bool)
        and all(isinstance(value, str) and value for key, value in data.items() if key != "by_hand")
    )


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and is_label(value)
