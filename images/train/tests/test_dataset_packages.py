"""The demo's datasets: what is pinned is what this environment makes, and the answers are right."""

import hashlib
import re
from pathlib import Path

import orjson
from dataset_packages import broken, rows
from packaging.requirements import Requirement
from support import LocalRun

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = (ROOT / "projects" / "package-metadata", ROOT / "tests" / "demo" / "projects" / "refused-trainings")


def test_what_is_pinned_is_what_is_made(local_run: LocalRun) -> None:
    """A new lock makes other datasets: pin what `python -m dataset_packages --out s3://package-metadata` prints."""
    assert local_run.step("dataset_packages", "--out", "s3://package-metadata") == 0
    folder = local_run.objects / "package-metadata"
    made = {f"{path.name}@sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in folder.iterdir()}
    decisions = "".join((folder / "decisions.yaml").read_text() for folder in PROJECTS)
    pinned = set(re.findall(r"s3://package-metadata/(\S+)", decisions))
    assert pinned == made


def test_the_answers_are_what_the_reference_parser_says() -> None:
    for row in rows(1500, "json", 17):
        line = row["prompt"].removeprefix("Requires-Dist: ")
        answer, parsed = orjson.loads(row["completion"]), Requirement(line)
        assert (answer["name"], answer["version"]) == (parsed.name, str(parsed.specifier))
        assert answer["extra"] == ("" if parsed.marker is None else line.split('"')[-2])


def test_the_broken_dataset_is_broken_in_one_row_of_ten() -> None:
    whole = rows(1200, "json", 17)[:100]
    assert [i for i, row in enumerate(broken(whole)) if "completion" not in row] == list(range(9, 100, 10))
