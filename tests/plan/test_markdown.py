"""Whatever a tree holds, its text in the comment stands in code and nowhere else, and the comment fits."""

from __future__ import annotations

import pytest
from dac.cli._plan_markdown import markdown
from dac.model import EffectClass
from dac.plan import Difference, Effect, Group, How, Plan, Status, Subject
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "```",
        "`` ` ``",
        "@team",
        "#3",
        "<b>x</b>",
        "[l](http://e)",
        "\n\n# h",
        "</details>",
        "::error::x",
        "<!-- -->",
        " ",
        "",
    ]
)
# What the renderer itself writes outside of code.
OURS = {"", "Plan", "Nothing changes in what was evaluated."} | set(map(str, EffectClass))


def plan(values: list[str]) -> Plan:
    groups = tuple(
        Group(
            (Subject(value, value, value, value),),
            (Effect(EffectClass.REBUILD, value, value),),
            (Difference((value, f"[{value}]"), How.CHANGED, value, value),),
        )
        for value in values
    )
    statuses = dict.fromkeys(values, Status.CHANGED)
    return Plan("0" * 40, "1" * 40, True, groups, statuses, dict.fromkeys(values, "why"), tuple(values), ())


def visible(text: str) -> list[str]:
    """Return the text that stands in no code, and any link, image or markup of a tree's."""
    texts: list[str] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            texts.append(token.content)
        for child in token.children or []:
            if child.type in ("text", "html_inline", "link_open", "image"):
                texts.append(child.content)
    return texts


@given(st.lists(HOSTILE, max_size=4))
def test_nothing_of_the_tree_is_outside_of_code(values: list[str]) -> None:
    text = markdown(plan(values), {}, str, False, 65000)
    outside = [part for part in visible(text) if part.strip() and part.strip(": ") not in OURS]
    ours = ("<!-- dac plan -->", "<details><summary>1 manifest difference</summary>", "</details>", "<br>")
    assert [part for part in outside if part.strip() not in ours] == []


@given(st.lists(HOSTILE | st.just("/merge"), max_size=4))
def test_no_line_begins_with_a_command_of_the_host(values: list[str]) -> None:
    """GitLab runs a line such as `/merge` of a comment, and does not read fences as a parser of markdown does."""
    lines = markdown(plan(values), {}, str, False, 65000).splitlines()
    assert [line for line in lines if line.startswith("/")] == []


@pytest.mark.exhaustive
@given(st.lists(st.text(min_size=200, max_size=400), min_size=10, max_size=30), st.integers(2000, 9000))
def test_it_fits_and_says_what_was_cut(values: list[str], limit: int) -> None:
    text = markdown(plan(values), {}, str, True, limit)
    assert len(text) <= limit
    assert "truncated" in text
