"""Near-duplicates: named with the hit that stands for them, and no place of their own among the answers."""
# ruff: noqa: RUF001 - the scripts' own marks

from __future__ import annotations

import random
import time
from typing import Any

import numpy as np
import pytest
from index.nearest import nearest
from index.similar import folded
from index.stores import Hit

PAGE = (
    "The index keeps what every document says. A run compares the manifest with the ledger, embeds what has changed, "
    "writes it into the collection and deletes what is left over. Where a canary question does not find its document, "
    "nothing is published, and readers see the index as it was before the run began on that night."
)
OTHER = (
    "A model that is fine-tuned is promoted where its score on the held-out rows is above that of the present one by "
    "more than the interval; the gate names each row that was lost and the share of answers that were cut short."
)
CHINESE = (
    "索引保存每一个文档的所有内容，一次运行会把清单与账本进行比较，"
    "并且只嵌入发生变化的文档，然后写入集合并删除多余的内容。"
)


def hits(*texts: str) -> list[Hit]:
    """Return a hit a text, the best first."""
    return [
        Hit(str(place), 1 - place / 1000, {"document": f"d{place}", "text": text}) for place, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        ((PAGE, PAGE), [("d0", "d1")]),
        ((PAGE, PAGE.replace("night", "day")), [("d0", "d1")]),
        ((PAGE, PAGE.upper()), [("d0", "d1")]),
        ((PAGE, PAGE.replace(" ", "\n")), [("d0", "d1")]),
        ((PAGE, OTHER), [("d0",), ("d1",)]),
        ((PAGE, OTHER, PAGE, OTHER, PAGE), [("d0", "d2", "d4"), ("d1", "d3")]),
        ((PAGE, PAGE + OTHER), [("d0",), ("d1",)]),  # the longer one says more
        ((PAGE, " ".join(reversed(PAGE.split()))), [("d0",), ("d1",)]),
        (("See also.", "See also."), [("d0",), ("d1",)]),  # too short to tell
        (("", ""), [("d0",), ("d1",)]),
        ((CHINESE, CHINESE.replace("一次", "每次")), [("d0", "d1")]),
        ((CHINESE, CHINESE[::-1]), [("d0",), ("d1",)]),
        ((), []),
    ],
)
def test_which_texts_say_the_same(texts: tuple[str, ...], answers: list[tuple[str, ...]]) -> None:
    assert [hit.documents for hit in folded(hits(*texts))] == answers


class Shelf:
    """A store that answers from a list."""

    def __init__(self, hits: list[Hit]) -> None:
        self.hits, self.asked = hits, []

    def search(self, name: str, vector: np.ndarray, top: int, where: Any = None) -> list[Hit]:
        self.asked.append(top)
        return self.hits[:top]


def test_copies_do_not_fill_the_top_five() -> None:
    distinct = [" ".join(f"word{place}{part}" for part in range(40)) for place in range(5)]
    shelf = Shelf(hits(*[PAGE] * 60, *distinct))
    best = nearest(shelf, "c", np.zeros(2, np.float32), 5)
    assert [hit.payload["document"] for hit in best] == ["d0", "d60", "d61", "d62", "d63"]
    assert best[0].similar == tuple(f"d{place}" for place in range(1, 60))
    assert shelf.asked == [40, 160], "it asked on while copies took the places"
    apart = nearest(shelf, "c", np.zeros(2, np.float32), 5, fold=False)
    assert [hit.documents for hit in apart] == [(f"d{place}",) for place in range(5)]


def test_a_thousand_hits_cost_little() -> None:
    generator = random.Random(7)
    texts = [" ".join(f"w{generator.randrange(5000)}" for _ in range(200)) for _ in range(1000)]
    began = time.process_time()
    assert len(folded(hits(*texts))) == 1000
    assert time.process_time() - began < 3
