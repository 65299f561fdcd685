"""`--profile` says where a command's processor time goes: a table, and a picture that a browser can show."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from dac.cli import main as group
from dac.cli._flame import flame_graph
from dac.cli._profile import profile_option, table

SVG = "{http://www.w3.org/2000/svg}"
STACKS = {("main", "a"): 60, ("main", "a", "b"): 30, ("main", "<c & d>"): 10}


def test_the_table_tells_own_time_from_the_whole() -> None:
    assert table(STACKS).splitlines() == [
        "   own  total  function",
        " 60.0%  90.0%  a",
        " 30.0%  30.0%  b",
        " 10.0%  10.0%  <c & d>",
        "  0.0% 100.0%  main",
    ]


def test_a_function_that_calls_itself_counts_once() -> None:
    assert " 50.0% 100.0%  f" in table({("f", "f", "f"): 1, ("f", "g"): 1})


def test_the_picture_has_a_box_for_each_place_of_a_function() -> None:
    boxes = {}
    for group_ in ET.fromstring(flame_graph(STACKS, "dac check")).iter(f"{SVG}g"):
        rect = group_.find(f"{SVG}rect")
        assert rect is not None
        boxes[group_.findtext(f"{SVG}title")] = (float(rect.attrib["width"]), int(rect.attrib["y"]))
    assert boxes == {
        "dac check 100.0%": (1200.0, 54),
        "main 100.0%": (1200.0, 36),
        "a 90.0%": (1080.0, 18),
        "b 30.0%": (360.0, 0),
        "<c & d> 10.0%": (120.0, 18),
    }


@pytest.mark.parametrize("stacks", [{}, {("f",): 1}, {("f" * 500,): 1}, {("f",) * 150: 3}])
def test_any_stacks_make_a_picture(stacks: dict[tuple[str, ...], int]) -> None:
    ET.fromstring(flame_graph(stacks, "dac"))
    assert table(stacks).startswith("   own")


def spin() -> None:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass


@click.command()
@profile_option
@click.pass_context
def busy(ctx: click.Context) -> None:
    spin()
    time.sleep(0.1)
    ctx.exit(3)


def test_a_command_writes_both_and_keeps_its_exit_status(tmp_path: Path) -> None:
    done = CliRunner().invoke(busy, ["--profile", str(tmp_path / "new")])
    assert done.exit_code == 3
    text = (tmp_path / "new/profile.txt").read_text()
    own = next(line for line in text.splitlines() if line.endswith("test_profile:spin"))
    assert float(own.split("%")[0]) > 80, text  # what it waits for takes no share
    assert "test_profile:spin" in (tmp_path / "new/flame.svg").read_text()


@pytest.mark.parametrize("name", ["check", "render", "plan", "run"])
def test_the_long_commands_have_it(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert "profile" in {parameter.name for parameter in command.params}
