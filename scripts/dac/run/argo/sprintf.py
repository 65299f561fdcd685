"""Go's `fmt.Sprintf` of one whole number, which the `format` of a withSequence is given to.

Source: fmt/print.go and fmt/format.go of Go 1.25.
"""

from __future__ import annotations

import re

_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d*)(?P<precision>\.(?=.)\d*)?(\[(?P<index>\d+)\])?(?P<verb>.)?", re.S
)
_MOST = 1_000_000  # the widest that fmt pads to


def sprintf(pattern: str, number: int) -> str:
    """Return the number in the pattern; what the pattern does wrong is said in it, as Go does."""
    parts: list[str] = []
    last, taken, indexed = 0, False, False
    for match in _DIRECTIVE.finditer(pattern):
        if match.start() < last:
            continue
        parts.append(pattern[last : match.start()])
        last = match.end()
        verb, indexed = match["verb"], indexed or bool(match["index"])
        if verb is None:
            parts.append("%!(NOVERB)")
        elif verb == "%":
            parts.append("%")
        elif match["index"] and int(match["index"]) != 1:
            parts.append(f"%!{verb}(BADINDEX)")
        elif taken and not match["index"]:
            parts.append(f"%!{verb}(MISSING)")
        else:
            taken = True
            parts.append(_number(match["flags"], match["width"], match["precision"], verb, number))
    parts.append(pattern[last:])
    return "".join(parts) + ("" if taken or indexed else f"%!(EXTRA int={number})")


def _number(flags: str, width: str, precision: str | None, verb: str, number: int) -> str:
    wanted = int(width or 0) if int(width or 0) <= _MOST else 0
    least = None if precision is None else int(precision[1:] or 0)
    if verb == "T":
        return _padded("int"[:least], flags, wanted, zeros=True)
    if verb in "cqU":
        return _padded(_character(verb, number, "#" in flags, "+" in flags), flags, wanted, zeros=verb != "U")
    body = _digits(verb, number, "#" in flags)
    if body is None:
        return f"%!{verb}(int={_number(flags, width, precision, 'd', number)})"
    if least == 0 and number == 0:
        return " " * wanted
    sign, prefix, digits = body
    if not sign and verb != "v":
        sign = "+" if "+" in flags else " " if " " in flags else ""
    elif not sign and " " in flags:
        sign = " "
    if least is None and "0" in flags and "-" not in flags:
        least = wanted - len(sign)
    digits = digits.rjust(least or 0, "0")
    if verb in "oO" and "#" in flags and not digits.startswith("0"):
        digits = f"0{digits}"
    return _padded(sign + prefix + digits, flags, wanted, zeros=False)


def _padded(text: str, flags: str, wanted: int, zeros: bool) -> str:
    if "-" in flags:
        return text.ljust(wanted)
    return text.rjust(wanted, "0" if zeros and "0" in flags else " ")


def _digits(verb: str, number: int, sharp: bool) -> tuple[str, str, str] | None:
    """Return sign, prefix and digits, or None where the verb takes no whole number."""
    size, sign = abs(number), "-" if number < 0 else ""
    if verb in "dv":
        return sign, "", str(size)
    if verb == "b":
        return sign, "0b" if sharp else "", f"{size:b}"
    if verb == "o":
        return sign, "", f"{size:o}"
    if verb == "O":
        return sign, "0o", f"{size:o}"
    if verb in "xX":
        return sign, f"0{verb}" if sharp else "", f"{size:{verb}}"
    return None


def _character(verb: str, number: int, sharp: bool, plus: bool) -> str:
    valid = 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    char = chr(number) if valid else "\ufffd"
    if verb == "c":
        return char
    if verb == "q":
        return (
            f"'{char}'" if char.isprintable() and char not in "'\\" and (char.isascii() or not plus) else _escaped(char)
        )
    shown = f" '{char}'" if sharp and valid and char.isprintable() else ""
    return f"U+{number & (2**64 - 1):04X}{shown}"


_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "'": "\\'",
    "\\": "\\\\",
}


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return f"'{_ESCAPES[char]}'"
    if code < 0x80:
        return f"'\\x{code:02x}'"
    return f"'\\u{code:04x}'" if code < 0x10000 else f"'\\U{code:08x}'"
