"""Emitted YAML reads back as what was emitted, for YAML 1.1 and 1.2, and is the same text every time."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from dac.expand import Emitter
from dac.model import Manifest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

# Words that one YAML version or the other takes for something else than text, and characters that break lines.
_WORDS = (
    "y n on off yes NO Null ~ true .inf .nan 1e3 08 0o7 0x1f 12:30 1_000 2026-01-31 - ? : # & * ! | > % @ ` '' << ="
    " --- ... a:b a: :a a# a\\ {a} [a] é"
)
_BREAKS = ["", " ", " a", "a ", "a: b", "a #b", "a\nb", "\ta", "\u2028", "\x85", "\x7f", "\ufeffa", "\U0001f600"]
_ODD = st.sampled_from([*_WORDS.split(" "), *_BREAKS])
_TEXT = _ODD | st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.sampled_from([0.5, 0.05, 1.25]) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


def emitted(value: Any) -> str:
    return Emitter().emit(Manifest("p.yaml", (value,), "p")).decode()


@pytest.mark.exhaustive
@given(st.dictionaries(_TEXT, _VALUES, max_size=4))
@example({"a": [[], {}, [{}], [[1, [2]], {"b": [{"c": 1}, 2]}]]})
@example({"a": [{"b": {"c": [{"d": 1}]}, "e": 2}]})
def test_reads_back(value: dict[str, Any]) -> None:
    text = emitted(value)
    assert yaml.load(text, yaml.CSafeLoader) == value
    assert YAML(typ="safe", pure=True).load(text) == value
    assert emitted(value) == text


def test_form() -> None:
    value = {"a": "text", "b": [{"c": "1", "d": ["x: y", "s3://a/b.jsonl"]}, []], "yes": {}, "n": None, "t": True}
    assert emitted(value) == (
        "# Rendered by dac render; edit decisions.yaml instead.\n"
        "a: text\n"
        "b:\n"
        '  - c: "1"\n'
        "    d:\n"
        '      - "x: y"\n'
        "      - s3://a/b.jsonl\n"
        "  - []\n"
        '"yes": {}\n'
        '"n": null\n'
        "t: true\n"
    )


def test_objects_are_documents_and_the_header_says_what_to_edit() -> None:
    assert Emitter().emit(Manifest("s.yaml", ({"a": 1}, {"b": 2}))).decode() == (
        "# Rendered by dac render from template.yaml and standards/catalog; edit those instead.\na: 1\n---\nb: 2\n"
    )


@pytest.mark.parametrize("text", ["s3://docs/manifest.jsonl", "/usr/bin", "a b", "rag-indexing@v1", "arn:aws:x"])
def test_plain_text_has_no_quotes(text: str) -> None:
    assert emitted({"a": text}).splitlines()[1] == f"a: {text}"
