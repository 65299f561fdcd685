"""A table's head is in each chunk that holds rows of it, whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from documents import ROWS, docx, xlsx
from index import chunker
from index.readers import MEDIA, read


def markdown_table() -> bytes:
    lines = [f"| {key} | {value} |" for key, value in ROWS]
    return "\n".join(["# T", "", lines[0], "|---|---|", *lines[1:]]).encode()


def html_table() -> bytes:
    rows = "".join(f"<tr><td>{key}<td>{value}" for key, value in ROWS[1:])
    return f"<h1>T</h1><table><tr><th>key<th>value{rows}</table>".encode()


@pytest.mark.parametrize(
    ("made", "media"),
    [
        (markdown_table, "text/markdown"),
        (html_table, "text/html"),
        (xlsx, MEDIA[".xlsx"]),
        (docx, MEDIA[".docx"]),
    ],
)
def test_each_chunk_of_a_table_has_its_head(made: Callable[[], bytes], media: str, tokenizer: Any) -> None:
    cut = chunker.cut(read(made(), media).sections, tokenizer, chunker.Lengths(60, 0)).chunks
    assert len(cut) > 3
    for chunk in cut:
        assert chunk.heading == "T"
        assert "key" in chunk.text.split("\n")[0]
        assert len(tokenizer.encode(chunk.embedded, add_special_tokens=False).ids) <= 60
    together = "\n".join(chunk.text for chunk in cut)
    assert all(key in together and value in together for key, value in ROWS)
