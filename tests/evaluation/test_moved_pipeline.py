"""A pipeline that `dac migrate` moves to the next version of its standard goes on with the index that it has."""

from __future__ import annotations

import pytest
from topics import TOPICS, corpus
from tree import Tree

pytestmark = pytest.mark.image


def test_the_next_run_embeds_nothing_anew_and_a_second_source_joins_the_index(tree: Tree) -> None:
    index = {"standard": "rag-indexing@v1", "source": "s3://tiny/manifest.jsonl", "size": "small",
             "embedding_model": "all-minilm-l6-v2", "vector_store": "qdrant", "schedule": "on-demand"}  # fmt: skip
    tree.project("tiny", search=index)
    tree.dac("render")
    corpus(tree)
    first = tree.run("tiny/search")
    tree.dac("migrate", "tiny", "--write")
    moved = tree.run("tiny/search")
    assert (first["standard"], moved["standard"]) == ("rag-indexing@v1", "rag-indexing@v2")
    assert (moved["counts"]["unchanged"], moved["results"]["embedded"]) == (len(TOPICS), 0)
    for fact in ("collection", "index"):
        assert moved["results"][fact] == first["results"][fact]
    decisions = tree.folder / "projects/tiny/decisions.yaml"
    decisions.write_text(decisions.read_text().replace("main: s3", "more: s3://tiny/manifest.jsonl\n      main: s3"))
    tree.dac("render", "tiny")
    both = tree.run("tiny/search")
    assert (both["counts"]["added"], both["counts"]["unchanged"]) == (len(TOPICS), len(TOPICS))
    assert both["results"]["collection"] == first["results"]["collection"]
