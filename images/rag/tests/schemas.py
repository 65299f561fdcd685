"""The schemas of what parts exchange, and whether a value fits one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import orjson

SCHEMAS = Path(__file__).parents[2] / "contracts"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = orjson.loads((SCHEMAS / f"{name}.schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def fits(name: str, value: Any) -> None:
    validator(name).validate(orjson.loads(orjson.dumps(value)))
