"""What retrieval.py found, for people: a table in Markdown and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from index import identity, readers
from index.processor import has_matrix_unit

if TYPE_CHECKING:
    from handbook import Question
    from retrieval import Measured, Measurement

_RESAMPLES = 10_000
_TITLES = {
    "handbook": "Python's documentation",
    "topics": "On a corpus that nothing was chosen on: topics of the language reference",
    "docstrings": "On a second one: what installed packages say of themselves",
}
_NAMES = {"qdrant": "Qdrant (embedded, exact)", "weaviate": "Weaviate (HNSW)", "milvus": "Milvus Lite"}
_MEANING = """\
{documents:,} documents of Python's shipped documentation, and questions that it carries itself: {counts}.
A question is answered where one of its documents is among the ten nearest, as `dac search` shows them; MRR is the mean
of 1/rank, 0 past the tenth. The means weigh each set the same.

- `faq`: what heads an entry of the FAQ; the entry is a document of its own, indexed without that heading.
- `glossary`: the first sentence of a term's definition, answered by any page that the definition links to. The glossary
  is not indexed.
- `index`: an entry of the general index, of two words or more, that an author wrote and that lists no names, answered
  by any page that it leads to. The index is not indexed.

What leaks all the same: an FAQ's answer may repeat its question's words, a definition may be a sentence that its page
has too, and an index entry's words mostly stand in the page, as a searcher's do. A page that answers as well but that
nothing links to counts as wrong. So the figures compare chunkings; they promise nothing of another corpus.

![recall@10 and MRR by chunking and store](retrieval.svg)"""


def recall(ranks: np.ndarray) -> float:
    """Share of the questions with an answer among the documents that were asked for."""
    return float((ranks > 0).mean())


def reciprocal(ranks: np.ndarray) -> np.ndarray:
    """1/rank a question, 0 where no answer was found: float[n]."""
    return np.divide(1.0, ranks, out=np.zeros(len(ranks)), where=ranks > 0)


def winner(questions: Sequence[Question], results: Sequence[Measurement]) -> str:
    """Return the chunking with the highest MRR, each set of questions weighing the same, averaged over the stores."""
    names = list(dict.fromkeys(result.chunking for result in results))
    return max(
        names, key=lambda name: np.mean([_mean(questions, result)[1] for result in results if result.chunking == name])
    )


def page(every: Sequence[Measured]) -> str:
    """Return the whole page: a table a corpus, then what stands before a chunk's text, then near-duplicates."""
    lines = [
        "# How well each chunking finds what was asked for",
        "",
        "<!-- Written by `make bench NAME=retrieval`; edit tests/bench/retrieval.py instead. -->",
        "",
        *_conditions(),
    ]
    for measured in every:
        if measured is not every[0]:
            lines += ["", f"## {_TITLES[measured.corpus]}"]
        lines += [
            "",
            table(measured.corpus, measured.documents, measured.questions, measured.results, measured.lengths).rstrip(
                "\n"
            ),
        ]
    return "\n".join([*lines, "", *_contexts(every), "", *_folding(every), ""])


def _conditions() -> list[str]:
    """Return when this was measured, and with what."""
    products = "bfloat16, as on every CPU with a matrix unit" if has_matrix_unit() else "float32"
    return [
        f"Measured on {datetime.now(UTC):%-d %B %Y} with version {readers.version()['readers']} of the readers, "
        f"{identity.CHUNKER} of the chunker, and chunks embedded with",
        f"products in {products}. An interval that holds 0 does not tell two ways apart.",
    ]


def _contexts(every: Sequence[Measured]) -> list[str]:
    """Return what the title, headings and table heads before a chunk's text change, on each corpus."""
    lines = [
        "## What stands before a chunk's text",
        "",
        "The default chunking in the exact store, with all that its `context` may name, with the headings alone as",
        "until 28 November 2026, and with nothing. Intervals are of 95 %, over resampled questions.",
        "",
        "| corpus | before the text | recall@10 | MRR | MRR against all of it |",
        "|---|---|--:|--:|--:|",
    ]
    for measured in every:
        first = next(iter(measured.contexts.values()))
        for name, ranks in measured.contexts.items():
            values = [
                np.mean([part(ranks[rows]) for rows in _sets(measured.questions).values()]) for part in (recall, _mrr)
            ]
            against = "" if ranks is first else _interval(measured.questions, reciprocal(ranks) - reciprocal(first))
            lines.append(f"| {measured.corpus} | {name} | {values[0]:.3f} | {values[1]:.3f} | {against} |")
    return lines


def _folding(every: Sequence[Measured]) -> list[str]:
    """Return what it costs and gains to fold near-duplicates."""
    lines = [
        "## Near-duplicates",
        "",
        "`dac search` and the canaries fold hits that say the same as a better one: they are named with it and take no",
        "place among the five. Recall@5 of the same questions without that and with it, on each corpus and on one that",
        "has each document twice under another name; and the CPU time of a question, searched in the embedded store.",
        "",
        "| corpus | recall@5 | folded | each twice | folded | ms a question | folded |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for measured in every:
        cells = [f"{recall(measured.folding[twice, fold][0]):.3f}" for twice in (False, True) for fold in (False, True)]
        cells += [f"{measured.folding[False, fold][1]:.1f}" for fold in (False, True)]
        lines.append(f"| {measured.corpus} | {' | '.join(cells)} |")
    return lines


def table(
    corpus: str,
    documents: int,
    questions: Sequence[Question],
    results: Sequence[Measurement],
    lengths: Mapping[str, tuple[int, int]],
) -> str:
    """Return the part of one corpus on the page."""
    sets = _sets(questions)
    counts = ", ".join(f"{len(rows)} of `{name}`" for name, rows in sets.items())
    heads = [f"{name} recall@10 / MRR" for name in sets]
    lines = [
        *_words(corpus, documents, counts),
        "",
        f"| chunking | tokens, overlap | store | chunks | {' | '.join(heads)} | mean recall@10 | mean MRR |",
        f"|---|---|---|--:|{'--:|' * (len(heads) + 2)}",
    ]
    for result in results:
        cells = [
            f"{recall(result.ranks[rows]):.3f} / {reciprocal(result.ranks[rows]).mean():.3f}" for rows in sets.values()
        ]
        tokens, overlap = lengths[result.chunking]
        whole, mean = _mean(questions, result)
        lines.append(
            f"| `{result.chunking}` | {tokens}, {overlap} | {_NAMES[result.engine]} | {result.points:,} | "
            f"{' | '.join(cells)} | {whole:.3f} | {mean:.3f} |"
        )
    best = winner(questions, results)
    verdict = (
        f"The winner is `{best}`: the highest mean MRR." if corpus == "handbook" else f"Highest mean MRR: `{best}`."
    )
    return "\n".join([*lines, "", verdict, *_against(questions, results, best), ""])


def _words(corpus: str, documents: int, counts: str) -> list[str]:
    if corpus == "topics":
        return [f"{documents} topics of CPython's own language reference; questions: {counts}."]
    if corpus == "docstrings":
        return [
            f"{documents} functions and classes of NumPy, PyArrow, pandas and asyncio; questions: {counts}, each what "
            "an object's first line says of it. That line is not indexed; the object's name is the title."
        ]
    return _MEANING.format(documents=documents, counts=counts).splitlines()


def _against(questions: Sequence[Question], results: Sequence[Measurement], best: str) -> list[str]:
    """Return the winner against each other chunking in the exact store, question by question."""
    first = results[0].engine
    ranks = {result.chunking: result.ranks for result in results if result.engine == first}
    lines = ["", f"Question by question in {_NAMES[first]}, with the 95 % interval of {_RESAMPLES:,} resamples:", ""]
    for name, others in ranks.items():
        if name != best:
            gain = reciprocal(ranks[best]) - reciprocal(others)
            lines.append(f"- MRR over `{name}`: {_interval(questions, gain)}")
    return lines


def _interval(questions: Sequence[Question], gain: np.ndarray) -> str:
    """Return the mean of a difference a question, float[n], each set weighing the same, with its 95 % interval."""
    sets = list(_sets(questions).values())
    mean = np.mean([gain[rows].mean() for rows in sets])
    drawn = np.random.default_rng(0)
    means = np.mean([gain[drawn.choice(rows, (_RESAMPLES, len(rows)))].mean(1) for rows in sets], axis=0)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def _mrr(ranks: np.ndarray) -> float:
    return float(reciprocal(ranks).mean())


def _sets(questions: Sequence[Question]) -> dict[str, np.ndarray]:
    """Rows of each set of questions."""
    names = list(dict.fromkeys(question.set for question in questions))
    return {name: np.array([row for row, question in enumerate(questions) if question.set == name]) for name in names}


def _mean(questions: Sequence[Question], result: Measurement) -> tuple[float, float]:
    """Recall and MRR with each set weighing the same."""
    rows = list(_sets(questions).values())
    return (
        float(np.mean([recall(result.ranks[part]) for part in rows])),
        float(np.mean([reciprocal(result.ranks[part]).mean() for part in rows])),
    )


def picture(questions: Sequence[Question], results: Sequence[Measurement], path: Path) -> None:
    """Bars by chunking, a colour a store; marks are the sets of questions. The same bytes for the same figures."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "dac"
    import matplotlib.pyplot as plt

    chunkings = list(dict.fromkeys(result.chunking for result in results))
    engines = list(dict.fromkeys(result.engine for result in results))
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for panel, title, measure in zip(
        panels, ("recall@10", "MRR"), (recall, lambda ranks: reciprocal(ranks).mean()), strict=True
    ):
        for number, engine in enumerate(engines):
            own = {result.chunking: result for result in results if result.engine == engine}
            lefts = np.arange(len(chunkings)) + (number - (len(engines) - 1) / 2) * 0.26
            parts = [[measure(own[name].ranks[rows]) for rows in _sets(questions).values()] for name in chunkings]
            panel.bar(lefts, [np.mean(part) for part in parts], 0.24, label=_NAMES[engine], color=f"C{number}")
            for mark, values in zip("o^s", np.array(parts).T, strict=False):
                panel.plot(lefts, values, mark, color="black", markersize=3)
        panel.set_xticks(range(len(chunkings)), chunkings)
        panel.set_title(title)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", alpha=0.3)
    panels[0].set_ylim(0, 1)
    marks = ", ".join(f"{shape} {name}" for shape, name in zip("\u25cf\u25b2\u25a0", _sets(questions), strict=False))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=len(engines), frameon=False)
    figure.suptitle(f"bars: mean of the sets of questions; marks: {marks}", fontsize=9)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
