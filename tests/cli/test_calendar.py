"""`dac calendar` over a small tree: the table, the days on which clocks change, the picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"
ZONED = "first/zoned"


def test_the_table(dac: Callable[..., Any]) -> None:
    run = dac("calendar", "first", "--from", "2027-03-26", "--days", "4", cwd=FEATURES)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[:2] == [
        "4 days from 2027-03-26 00:00 UTC",
        "pipeline\tcron\tzone\truns\tnext (UTC)\tnext there\tGPUs\ttakes\tlongest\tcosts",
    ]
    rows = {line.split("\t")[0]: line.split("\t")[1:4] for line in lines[2:] if "\t" in line}
    assert rows["first/plain"] == ["on demand", "Etc/UTC", "0"]
    assert rows[ZONED][1:] == ["Europe/Berlin", "3"]


def test_what_runs_take_and_cost_is_what_the_plan_estimates(dac: Callable[..., Any]) -> None:
    run = dac("calendar", "--from", "2027-03-26", "--days", "4", cwd=FEATURES)
    rows = {line.split("\t")[0]: line.split("\t")[7:] for line in run.stdout.splitlines() if "\t" in line}
    assert rows["second/plain"] == ["3 s to 12 s", "0 h", "$0.60 to $2.40 in 30 days (30 runs)"]
    assert rows["first/plain"][2] == "$0.02 to $0.08 each time that it is started by hand"


def test_json_and_picture_show_the_same_starts(dac: Callable[..., Any]) -> None:
    arguments = ("calendar", "--from", "2027-03-26", "--days", "4", "--format")
    document = json.loads(dac(*arguments, "json", cwd=FEATURES).stdout)
    starts = sum(len(pipeline["firings"]) for pipeline in document["pipelines"])
    picture = ElementTree.fromstring(dac(*arguments, "svg", cwd=FEATURES).stdout)
    bars = picture.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == starts > 0
    titles = [bar.findtext("{http://www.w3.org/2000/svg}title") for bar in bars]
    assert f"{ZONED}: 2027-03-29 " in " ".join(map(str, titles))


def test_a_day_without_sense_is_misuse(dac: Callable[..., Any]) -> None:
    run = dac("calendar", "--days", "0", cwd=FEATURES)
    assert run.returncode == 2
    assert "--days" in run.stderr
