"""The drawing of a suite's scores: every run is on it, at its place, with names that can be told apart."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

from dac.site import Score
from dac.site.scores import curves, metrics_of

SVG = "{http://www.w3.org/2000/svg}"


def score(run: int, verdict: str = "pass", **values: float) -> Score:
    return Score(f"answers-{run}", f"day {run}", f"m: {run}", verdict, values)


def drawing(scores: list[Score]) -> ElementTree.Element:
    return ElementTree.fromstring(curves(scores, "answers"))


def labels(svg: ElementTree.Element) -> dict[str, float]:
    """Return where the lines' names are, by their text."""
    texts = svg.iter(f"{SVG}text")
    return {str(text.text): float(text.attrib["y"]) for text in texts if text.attrib["class"].startswith("label")}


def dots(svg: ElementTree.Element) -> list[tuple[float, float, str]]:
    return [(float(c.attrib["cx"]), float(c.attrib["cy"]), str(c[0].text)) for c in svg.iter(f"{SVG}circle")]


def test_time_runs_to_the_right_and_a_higher_score_is_higher() -> None:
    svg = drawing([score(3, "fail", exact_match=0.6), score(2, exact_match=0.8), score(1, exact_match=0.7)])
    assert dots(svg) == [
        (40.0, 109.0, "answers-1: exact_match 0.700, m: 1, pass"),
        (250.0, 14.0, "answers-2: exact_match 0.800, m: 2, pass"),
        (460.0, 204.0, "answers-3: exact_match 0.600, m: 3, fail"),
    ]
    assert [circle.attrib["class"] for circle in svg.iter(f"{SVG}circle")] == ["dot", "dot", "dot failed"]
    assert svg.attrib["aria-label"] == "Scores of 3 runs of answers: exact_match 0.700, 0.800, 0.600"
    texts = {text.attrib["class"]: text.text for text in svg.iter(f"{SVG}text")}
    assert (texts["first"], texts["last"]) == ("day 1", "day 3")


def test_the_axis_has_room_for_a_score_that_never_changes() -> None:
    svg = drawing([score(2, accuracy=1.0), score(1, accuracy=1.0)])
    axis = [float(str(text.text)) for text in svg.iter(f"{SVG}text") if text.attrib["class"] == "value"]
    assert axis == [0.9, 0.925, 0.95, 0.975, 1.0]
    assert [y for _, y, _ in dots(svg)] == [14.0, 14.0]
    axis = [str(t.text) for t in drawing([score(1, accuracy=0)]).iter(f"{SVG}text") if t.attrib["class"] == "value"]
    assert axis == ["0", "0.025", "0.05", "0.075", "0.1"]


def test_a_run_alone_is_a_point_beside_its_name() -> None:
    svg = drawing([score(1, accuracy=0.5)])
    assert dots(svg) == [(460.0, 14.0, "answers-1: accuracy 0.500, m: 1, pass")]
    assert [text.text for text in svg.iter(f"{SVG}text") if text.attrib["class"] in ("first", "last")] == ["day 1"]


def test_a_metric_that_a_run_lacks_has_no_point_there() -> None:
    scores = [score(2, token_f1=0.5, accuracy=0.25), score(1, exact_match=0.75)]
    assert metrics_of(scores) == ["token_f1", "accuracy", "exact_match"]
    assert [about for _, _, about in dots(drawing(scores))] == [
        "answers-2: token_f1 0.500, m: 2, pass",
        "answers-2: accuracy 0.250, m: 2, pass",
        "answers-1: exact_match 0.750, m: 1, pass",
    ]


def test_names_of_lines_never_touch_or_leave_the_drawing() -> None:
    for value in (0.0, 0.5, 1.0):
        svg = drawing([score(1, **{f"metric_{n}": value for n in range(8)}, other=1.0 - value)])
        heights = sorted(labels(svg).values())
        assert len(heights) == 9
        assert min(b - a for a, b in itertools.pairwise(heights)) >= 13.9
        assert heights[0] > 0
        assert heights[-1] <= 230


def test_a_long_name_is_cut_where_it_stands_and_whole_in_the_points() -> None:
    svg = drawing([score(1, **{"m" * 60: 0.5})])
    assert list(labels(svg)) == ["m" * 21 + "… 0.500"]
    assert "m" * 60 in dots(svg)[0][2]


def test_a_name_is_no_markup() -> None:
    text = curves([Score("<b>", '"x', "&amp;", "<i>", {"</svg>": 0.5})], "'><script>")
    assert re.findall(r"<(b|i|script)\b", text) == []
    assert [c[0].text for c in ElementTree.fromstring(text).iter(f"{SVG}circle")] == ["<b>: </svg> 0.500, &amp;, <i>"]
