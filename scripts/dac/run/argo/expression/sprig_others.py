"""The functions of sprig that are written in modules of their own."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from dac.run.argo import gojson
from dac.run.argo.expression import sprig_cases, sprig_numbers, sprig_values, sprig_versions
from dac.run.argo.expression.sprig_numbers import decimal, quotient, to_float

OTHERS: dict[str, Callable[..., Any]] = {
    "abbrev": lambda width, text: sprig_cases.abbreviated(0, width, text),
    "abbrevboth": sprig_cases.abbreviated,
    "camelcase": sprig_cases.camel_case,
    "initials": sprig_cases.initials,
    "kebabcase": lambda text: sprig_cases.joined_case(text, "-"),
    "snakecase": lambda text: sprig_cases.joined_case(text, "_"),
    "swapcase": sprig_cases.swap_case,
    "wrap": lambda width, text: sprig_cases.wrapped(width, "", text, False),
    "wrapWith": lambda width, line, text: sprig_cases.wrapped(width, line, text, True),
    "deepCopy": sprig_values.deep_copy,
    "deepEqual": sprig_values.deep_equal,
    "dig": sprig_values.dig,
    "kindIs": lambda kind, value: kind == sprig_values.kind_of(value),
    "kindOf": sprig_values.kind_of,
    "typeIs": lambda kind, value: kind == sprig_values.type_of(value),
    "typeIsLike": lambda kind, value: sprig_values.type_of(value) in (kind, f"*{kind}"),
    "typeOf": sprig_values.type_of,
    "mergeOverwrite": sprig_values.overwritten,
    "pluck": sprig_values.pluck,
    "semverCompare": sprig_versions.compare,
    "seq": sprig_numbers.sequence,
    "set": sprig_values.set_key,
    "unset": sprig_values.unset_key,
    "toPrettyJson": gojson.indented,
    "maxf": lambda *values: max(map(to_float, values)),
    "minf": lambda *values: min(map(to_float, values)),
    "add1f": lambda value: decimal(operator.add)(value, 1),
    "addf": lambda *values: decimal(operator.add)(0, *values),
    "subf": decimal(operator.sub),
    "mulf": decimal(operator.mul),
    "divf": decimal(quotient),
}
