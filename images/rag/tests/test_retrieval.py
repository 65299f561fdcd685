"""The retrieval evaluation: what becomes a question, what is left out of the index, and the figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[3] / "tests/bench"))

import handbook
import retrieval
import retrieval_report
from handbook import Document, Question
from index.readers import read

LINK = '<a class="headerlink" href="#x">\u00b6</a>'
PAGES = {
    "faq/general.html": f"""<section id="faq"><h1>General FAQ{LINK}</h1><p>Can I copy an object?</p>
        <section id="objects"><h2>Objects{LINK}</h2>
        <section id="copy"><h3>Can I copy an object?{LINK}</h3><p>In general, try the copy module.</p></section>
        <section id="note"><h3>A note{LINK}</h3><p>No question.</p></section></section></section>""",
    "faq/index.html": "<section><h1>Is this left out?</h1></section>",
    "reference/simple.html": f"<h1>Simple statements{LINK}</h1><p>An assert statement.</p>",
    "tutorial/loops.html": f"<h1>Loops{LINK}</h1><p>Of for and while.</p>",
    "glossary.html": """<dl><dt id="term-loop">loop</dt><dd><p>What is done again and again. See
        <a href="tutorial/loops.html#more">loops</a>.</p></dd>
        <dt id="term-bare">bare</dt><dd><p>A word with no page of its own.</p></dd>
        <dt id="term-short">short</dt><dd><p>Too short. <a href="tutorial/loops.html">x</a></p></dd></dl>""",
    "genindex-all.html": """<table class="indextable"><tr><td><ul>
        <li>debugging<ul><li><a href="reference/simple.html#index-1">assertions</a>,
            <a href="tutorial/loops.html#index-2">[1]</a></li></ul></li>
        <li><a href="reference/simple.html#index-3">null</a></li>
        <li><a href="reference/simple.html#assert">assert_that() (function)</a></li>
        <li>statement<ul><li><a href="reference/simple.html#index-4">assert</a></li></ul></li>
        <li><a href="c-api/elsewhere.html#index-5">reference counting</a></li>
        </ul></td></tr></table>""",
}


@pytest.fixture
def html(tmp_path: Path) -> Path:
    """Return pages in the form of the shipped documentation."""
    for name, text in PAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<html><body>{text}</body></html>")
    return tmp_path


def test_questions_and_what_they_are_made_of_is_not_indexed(html: Path) -> None:
    documents, questions = handbook.read(html)
    assert [document.id for document in documents] == ["faq/general#copy", "reference/simple", "tutorial/loops"]
    assert questions == [
        Question("faq", "Can I copy an object?", frozenset({"faq/general#copy"})),
        Question("glossary", "What is done again and again.", frozenset({"tutorial/loops"})),
        Question("index", "debugging, assertions", frozenset({"reference/simple", "tutorial/loops"})),
    ]
    (entry,) = read(documents[0].data, "text/html").sections
    assert (entry.heading, entry.text) == ("General FAQ > Objects", "In general, try the copy module.")


def test_a_question_is_answered_at_the_rank_of_its_nearest_document(tmp_path: Path, model: Any) -> None:
    texts = {
        "bread": "Flour, water and salt are baked.",
        "rain": "Drops fall from clouds.",
        "loop": "A for loop repeats.",
    }
    facts = retrieval._catalog("models")[retrieval.MODEL]
    documents = [Document(name, text.encode()) for name, text in texts.items()]
    retrieval.CACHE = tmp_path / "cache"
    held = retrieval.cut(documents, "text/plain", facts, {"tokens": 40, "overlap": 4})
    assert held.documents == list(texts)
    asked = [Question("q", "What is baked?", frozenset({"bread"})), Question("q", "Repeat code", frozenset({"none"}))]
    with retrieval.opened("qdrant", tmp_path) as store:
        ranks = retrieval.ranks(store, held, asked, model.questions([question.text for question in asked]))
    assert ranks.tolist() == [1, 0]


def test_the_table_weighs_each_set_the_same_and_names_the_winner() -> None:
    questions = [Question("a", "1", frozenset()), Question("a", "2", frozenset()), Question("b", "3", frozenset())]
    rows = [
        retrieval.Measurement("long", "qdrant", 1200, np.array([1, 0, 4])),
        retrieval.Measurement("short", "qdrant", 2400, np.array([1, 2, 1])),
    ]
    assert retrieval_report.winner(questions, rows) == "short"
    lines = retrieval_report.table("topics", 3, questions, rows, {"long": (200, 32), "short": (96, 16)}).splitlines()
    assert lines[0] == "3 topics of CPython's own language reference; questions: 2 of `a`, 1 of `b`."
    assert lines[4:6] == [
        "| `long` | 200, 32 | Qdrant (embedded, exact) | 1,200 | 0.500 / 0.500 | 1.000 / 0.250 | 0.750 | 0.375 |",
        "| `short` | 96, 16 | Qdrant (embedded, exact) | 2,400 | 1.000 / 0.750 | 1.000 / 1.000 | 1.000 | 0.875 |",
    ]
    assert lines[7] == "Highest mean MRR: `short`."
    assert lines[11].startswith("- MRR over `long`: +0.500 (")


def test_the_standards_default_is_the_chunking_that_won() -> None:
    import yaml

    folder = Path(__file__).resolve().parents[3] / "standards/rag-indexing/v1"
    standard = yaml.safe_load((folder / "standard.yaml").read_text())
    default = standard["decisions"]["properties"]["chunking"]["default"]
    assert f"The winner is `{default}`:" in (folder / "retrieval.md").read_text()
