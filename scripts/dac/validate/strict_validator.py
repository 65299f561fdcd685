"""The validator of JSON Schema that is asked; a module of its own, imported where a value does not plainly fit.

Importing jsonschema takes 0.15 s of the processor: see `schema_fit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend


def _pattern(_: Validator, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and (re.search(pattern, value) is None or (pattern.endswith("$") and "\n" in value)):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


# Of draft 2020-12; `$` in a pattern means the end of the text, as in RE2.
StrictValidator: type[Validator] = extend(  # type: ignore[no-untyped-call] # jsonschema types it in part
    Draft202012Validator, {"pattern": _pattern}
)
