"""The JSON Schema that editors are given agrees with `dac check`, as far as a JSON Schema can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.load.document import parse_yaml
from dac.validate import decisions_schema
from jsonschema import Draft202012Validator

CASES = Path(__file__).parents[1] / "cases"
# Found by an editor too. The others are about the text, the folder's name, two values at once, or a cron line.
SEEN = (
    "unknown-key",
    "misspelt-key",
    "no-owner",
    "no-pipelines",
    "empty-pipelines",
    "pipeline-names",
    "unknown-standard",
    "unknown-version",
    "unknown-decision",
    "misspelt-decision",
    "missing-decisions",
    "wrong-types",
    "unknown-catalog-name",
    "value-outside-its-pattern",
)


@pytest.fixture(scope="module")
def schema(root: Path) -> Draft202012Validator:
    rendered = json.loads((root / "standards/decisions.schema.json").read_bytes())
    assert rendered == decisions_schema(load_repository(root, [])[0]), "it is not as rendered; run: dac render"
    Draft202012Validator.check_schema(rendered)
    return Draft202012Validator(rendered)


def read(kind: str, case: str) -> object:
    document, _ = parse_yaml((CASES / kind / case / "decisions.yaml").read_bytes(), case)
    assert document is not None
    return document.data


@pytest.mark.parametrize("case", sorted(path.parent.name for path in (CASES / "valid").glob("*/decisions.yaml")))
def test_what_check_passes_an_editor_passes(case: str, schema: Draft202012Validator) -> None:
    assert [error.message for error in schema.iter_errors(read("valid", case))] == []


@pytest.mark.parametrize("case", SEEN)
def test_what_check_refuses_an_editor_marks(case: str, schema: Draft202012Validator) -> None:
    assert not schema.is_valid(read("invalid", case))
