"""The layout of a DAG: nothing overlaps, every edge goes down and passes beside the nodes, same graph same places."""

from __future__ import annotations

from itertools import combinations, pairwise

from dac.site.layout import Layout, _crossings, _Layered, layout
from hypothesis import given
from hypothesis import strategies as st

SIZES = st.lists(st.tuples(st.integers(30, 160), st.integers(20, 90)), min_size=1, max_size=12)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    sizes = [(float(width), float(height)) for width, height in draw(SIZES)]
    pairs = list(combinations(range(len(sizes)), 2))
    return sizes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []


def boxes(placed: Layout, sizes: list[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    return [(x, y, x + w, y + h) for (x, y), (w, h) in zip(placed.corners, sizes, strict=True)]


@given(graphs())
def test_nodes_stand_apart_within_the_drawing(graph: tuple[list[tuple[float, float]], list[tuple[int, int]]]) -> None:
    sizes, links = graph
    placed = layout(sizes, links)
    placed_boxes = boxes(placed, sizes)
    for left, top, right, bottom in placed_boxes:
        assert left >= -0.11
        assert top >= 0
        assert right <= placed.width + 0.11
        assert bottom <= placed.height
    for (al, at, ar, ab), (bl, bt, br, bb) in combinations(placed_boxes, 2):
        assert ar < bl or br < al or ab < bt or bb < at


@given(graphs())
def test_edges_go_down_beside_the_nodes(graph: tuple[list[tuple[float, float]], list[tuple[int, int]]]) -> None:
    sizes, links = graph
    placed = layout(sizes, links)
    placed_boxes = boxes(placed, sizes)
    for (upper, lower), route in zip(links, placed.routes, strict=True):
        assert route[0][1] == placed_boxes[upper][3]
        assert route[-1][1] == placed_boxes[lower][1]
        assert all(below[1] > above[1] for above, below in pairwise(route))
        for (x, y), (to_x, to_y) in pairwise(route):
            for index, (left, top, right, bottom) in enumerate(placed_boxes):
                if x == to_x and index not in (upper, lower):
                    assert not (left < x < right and y < bottom and top < to_y)


def test_crossings_are_those_of_each_pair_of_edges() -> None:
    above, below = {index: [] for index in range(8)}, {0: [6, 5], 1: [4, 7], 2: [4], 3: [5, 5]}
    layered = _Layered([1.0] * 8, above, {**above, **below}, [[0, 1, 2, 3], [4, 5, 6, 7]])
    ends = [(upper, lower) for upper, lowers in below.items() for lower in lowers]
    assert _crossings(layered) == sum(a < c and b > d for a, b in ends for c, d in ends) == 9


def test_the_same_graph_has_the_same_places() -> None:
    sizes, links = [(80.0, 30.0)] * 5, [(0, 1), (0, 2), (1, 3), (2, 3), (0, 4), (4, 3)]
    assert layout(sizes, links) == layout(sizes, links)


def test_no_node_is_no_drawing() -> None:
    assert layout([], []) == Layout((), (), 0.0, 0.0)


def test_a_chain_is_one_straight_line() -> None:
    placed = layout([(80.0, 30.0), (40.0, 30.0), (120.0, 30.0)], [(0, 1), (1, 2)])
    assert {x for route in placed.routes for x, _ in route} == {60.0}


def test_edges_that_need_not_cross_do_not() -> None:
    placed = layout([(50.0, 30.0)] * 4, [(0, 3), (1, 2)])
    assert (placed.corners[0][0] < placed.corners[1][0]) == (placed.corners[3][0] < placed.corners[2][0])
