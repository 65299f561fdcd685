"""What a plain (unquoted) YAML scalar means, where every YAML reader agrees; a refusal where they do not.

YAML 1.1 (PyYAML, and Kubernetes' own reader in part) and YAML 1.2 read many an unquoted word differently: `on`, `1e3`,
`08`, `12:30`, `2026-01-31`. A decision that means one thing to the check and another to a cluster is worse than a
refused one, so only text that comes back unchanged from its value is taken: `true`, `12`, `0.5`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

Scalar = str | int | float | bool | None

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_MAX_DIGITS = 15  # beyond it a reader that holds numbers as float64 rounds

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# Every text that one of the two versions reads as a number: leading zeros, signs, `_`, exponents, other bases.
_NUMBER = re.compile(
    r"[-+]?(?:"
    r"[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+"
    r"|\.(?:inf|Inf|INF)"
    r")|\.(?:nan|NaN|NAN)"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Unquoted text that readers disagree on.

    Attributes:
        reading: what some reader makes of it, as in "is read as the number 1000".
        instead: what to write when that reading is meant; empty when there is no such form.
    """

    reading: str
    instead: str = ""


def resolve(text: str, *, nulls: bool = False) -> Scalar | Ambiguous:
    """Return the value of unquoted `text`, or why it must be quoted.

    Args:
        text: the scalar as written.
        nulls: whether the word `null` is taken (a fact of the catalog may be unknown; a decision may not).
    """
    if text == "true":
        return True
    if text == "false":
        return False
    if nulls and text == "null":
        return None
    if text and (text[0].isalpha() or text[0] in "/{[") and len(text) > 5:
        return text  # no special word is longer: the common case, kept cheap
    return _ambiguous_word(text) or _number(text)


def _ambiguous_word(text: str) -> Ambiguous | None:
    if text in _TRUE:
        return Ambiguous("the truth value true", "true")
    if text in _FALSE:
        return Ambiguous("the truth value false", "false")
    if text in _NULL:
        return Ambiguous("null")
    if text == "<<":
        return Ambiguous("a merge of another mapping")
    if text == "=":
        return Ambiguous("a default value's key")
    if _DATE.fullmatch(text):
        return Ambiguous("a date")
    if _BASE_60.fullmatch(text):
        return Ambiguous("a number in base 60")
    return None


def _number(text: str) -> Scalar | Ambiguous:
    if _is_int(text):
        return int(text)
    if _is_float(text):
        return float(text)
    if _NUMBER.fullmatch(text):
        return Ambiguous("a number", _canonical(text))
    return text


def _is_int(text: str) -> bool:
    return _INT.fullmatch(text) is not None and len(text) <= _MAX_DIGITS and text != "-0"


def _is_float(text: str) -> bool:
    """Whether a float comes back as it was written: `1.10` would come back as 1.1, which is another version."""
    if _FLOAT.fullmatch(text) is None or len(text) > _MAX_DIGITS:
        return False
    return Decimal(repr(float(text))) == Decimal(text) and (not text.endswith("0") or text.endswith(".0"))


def _canonical(text: str) -> str:
    """Return the plain decimal form of a number, where it has a short one."""
    digits = text.replace("_", "").lstrip("+")
    try:
        value = int(digits, 0) if re.match(r"-?0[xob]", digits) else Decimal(digits)
    except (ValueError, ArithmeticError):
        return ""
    if isinstance(value, int):
        short = abs(value) < 10**_MAX_DIGITS  # Python refuses to write out a number of thousands of digits
    else:
        short = value.is_finite() and abs(value.adjusted()) < _MAX_DIGITS
    if not short:
        return ""
    shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    shown = "0" if shown == "-0" else shown
    return shown if _is_int(shown) or _is_float(shown) else ""
