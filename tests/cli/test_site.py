"""`dac site` over small trees: what it writes, what it says of runs, what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases"
FEATURES = CASES / "rendered" / "features"
Dac = Callable[..., "subprocess.CompletedProcess[str]"]
AT = ("--at", "2027-03-26T12:00")


def test_help(dac: Dac, golden: Callable[[Path, bytes], None]) -> None:
    golden(Path(__file__).with_name("site.help"), dac("site", "--help", COLUMNS="80").stdout.encode())


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_input_gives_the_same_bytes(dac: Dac, tmp_path: Path) -> None:
    runs = [dac("site", "--out", tmp_path / name, *AT, cwd=FEATURES) for name in ("a", "b")]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout == f"wrote {tmp_path / 'a' / 'index.html'}\n"
    files = content(tmp_path / "a")
    assert files == content(tmp_path / "b")
    assert {"index.html", "rules.html", "teams.html", "calendar.svg", "projects/first.html"} < set(files)
    index = files["index.html"].decode()
    assert "No runs were looked for" in index
    assert "not known" in index
    assert "As of 2027-03-26 12:00 UTC" in index


def receipt(**fields: Any) -> bytes:
    content = {
        "version": 2, "project": "first", "pipeline": "plain", "run": "plain-1", "status": "Succeeded",
        "finished": "2027-03-26T10:00:00Z", "seconds": 90, "verdicts": {"published": True},
        "cost": {"usd": 1.25, "gpu_hours": None}, "served": None,
    }  # fmt: skip
    return json.dumps(content | fields).encode()


def test_receipts(dac: Dac, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    for file in ("secrets.yaml", "secrets.schema.json"):
        shutil.copy(CASES.parents[1] / "standards/catalog" / file, tree / "standards/catalog")
    first = {
        "ok": receipt(),
        "free": receipt(cost={}),
        "markup": receipt(verdicts={"<script>": "</dd><script>alert(1)</script>\u202e"}),
        "status": receipt(status="<b>", failures=[{"step": "embed(3)", "exit_code": 65}, {"step": "<i>"}, 3, {}]),
        "key": receipt(verdicts={"key": "AKIAIOSFODNN7EXAMPLE"}),
    }
    for name, data in {**first, "old": receipt(version=1), "half": b"{"}.items():
        project, pipeline = {"old": ("second", "plain"), "half": ("first", "zoned")}.get(name, ("first", "plain"))
        folder = tmp_path / "receipts" / project / pipeline / "receipts"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_bytes(data)
    run = dac("site", "--out", tmp_path / "site", "--receipts", tmp_path / "receipts", *AT, cwd=tree)
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "site/projects/first.html").read_text()
    shown = [
        "Succeeded",
        "published",
        "usd 1.25",
        "&lt;b&gt;: embed(3) (exit code 65), &lt;i&gt;",
        "1 min",
        "nothing yet",
        "not said",
        "&lt;/dd&gt;",
        r"\u202e",
        "&lt;b&gt;",
    ]
    for text in [*shown, r"\u202e", "AKIAxxxxxxxxxxxxxxxx", "receipt half.json: not JSON", "none that can be read"]:
        assert text in page, text
    assert "<script>" not in page
    assert "receipt old.json: version 1" in (tmp_path / "site/projects/second.html").read_text()
    assert "never run" in page  # the pipeline of the long name


def test_the_newest_run_comes_first_and_five_are_shown(dac: Dac, tmp_path: Path) -> None:
    folder = tmp_path / "receipts/first/plain/receipts"
    folder.mkdir(parents=True)
    for day in range(10, 17):
        data = receipt(run=f"run-{day}", finished=f"2027-03-{day}T10:00:00Z", cost={"usd": day})
        (folder / f"run-{day}.json").write_bytes(data)
        os.utime(folder / f"run-{day}.json", (day, day))
    dac("site", "--out", tmp_path / "site", "--receipts", tmp_path / "receipts", *AT, cwd=FEATURES)
    page = (tmp_path / "site/projects/first.html").read_text()
    assert re.findall(r"<code>(run-\d\d)</code>", page) == ["run-16", "run-15", "run-14", "run-13", "run-12"]
    assert re.findall(r"usd (\d\d)", page) == ["16", "15", "14", "13", "12"]


def test_scores_of_runs_stand_side_by_side(dac: Dac, tmp_path: Path) -> None:
    folder = tmp_path / "receipts/first/plain/receipts"
    folder.mkdir(parents=True)
    for day, metrics in enumerate([{"accuracy": 0.7}, {"accuracy": 0.8, "f1": 0.5}, {"accuracy": "high"}, {}], 10):
        facts = {"inputs": {"model": f"m: {day}"}, "verdicts": {"gate": "pass"}, "results": {"metrics": metrics}}
        (folder / f"run-{day}.json").write_bytes(
            receipt(run=f"run-{day}", finished=f"2027-03-{day}T10:00:00Z", **facts)
        )
        os.utime(folder / f"run-{day}.json", (day, day))
    dac("site", "--out", tmp_path / "site", "--receipts", tmp_path / "receipts", *AT, cwd=FEATURES)
    page = (tmp_path / "site/projects/first.html").read_text()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<caption>Runs side by side") :]))
    assert text.startswith(
        " Runs side by side, the newest first; in brackets the difference to the run before "
        "Run Model Verdict Accuracy F1 run-11 m: 11 pass 0.800 (+0.100) 0.500 run-10 m: 10 pass 0.700 not scored "
    ), text
    assert 'aria-label="Scores of 2 runs of plain: accuracy 0.700, 0.800; f1 0.500"' in page


def test_a_folder_of_receipts_that_holds_none_is_said_to(dac: Dac, tmp_path: Path) -> None:
    run = dac("site", "--out", tmp_path / "site", "--receipts", FEATURES, cwd=FEATURES)
    assert run.returncode == 0
    assert f"{FEATURES} holds no receipt of these pipelines" in run.stderr


def test_a_site_within_the_tree_changes_no_byte_of_the_next(dac: Dac, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=tree, check=True)
    for _ in range(2):
        assert dac("site", "--out", tree / "site", *AT, cwd=tree).returncode == 0
        assert re.search(r"As of 2027-03-26 12:00 UTC, commit [0-9a-f]{12}\.", (tree / "site/index.html").read_text())
    decisions = tree / "projects/first/decisions.yaml"
    decisions.write_text(decisions.read_text() + "# a change\n")
    dac("site", "--out", tree / "site", *AT, cwd=tree)
    assert "and changes that are not committed" in (tree / "site/index.html").read_text()


def test_a_project_with_errors_has_a_page_with_its_findings(dac: Dac, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(CASES / "tree", tree)
    for name in ("worse", "<script>alert(1)</script>"[:8]):
        (tree / "projects" / name).mkdir()
        (tree / "projects" / name / "decisions.yaml").write_text("ownr: <script>\npipelines: {}\n")
    run = dac("site", "--out", tmp_path / "site", cwd=tree)
    assert run.returncode == 0, run.stderr
    assert "projects/worse has errors, which its page lists" in run.stderr
    assert "unknown key &#34;ownr&#34;" in (tmp_path / "site/projects/worse.html").read_text()
    index = (tmp_path / "site/index.html").read_text()
    assert "Needs attention" in index
    assert len(re.findall(r'href="projects/_[0-9a-f]{16}\.html"', index)) > 0


def test_nothing_is_written_while_a_standard_has_an_error(dac: Dac, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    standard = next((tree / "standards").glob("*/v1/standard.yaml"))
    standard.write_text(standard.read_text().replace("summary:", "summaries:"))
    run = dac("site", "--out", tmp_path / "site", cwd=tree)
    assert run.returncode == 1
    assert "summaries" in run.stderr
    assert "nothing was written" in run.stderr
    assert not (tmp_path / "site").exists()


def test_what_is_refused(dac: Dac, tmp_path: Path) -> None:
    notes = tmp_path / "mine" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    run = dac("site", "--out", notes.parent, cwd=FEATURES)
    assert run.returncode == 2
    assert run.stderr == (
        f"Error: {notes.parent} is left as it is: it holds notes.txt, which dac did not write; "
        "move that, or give another folder with --out\n"
    )
    assert notes.read_text() == "mine"
    (tmp_path / "link").symlink_to(FEATURES / "projects")
    for folder in (FEATURES / "projects", FEATURES / "standards" / "new", tmp_path / "link" / "site"):
        run = dac("site", "--out", folder, cwd=FEATURES)
        assert (run.returncode, "which dac reads" in run.stderr) == (2, True)
    for moment in ("0001-01-01", "9999-12-31"):
        run = dac("site", "--out", tmp_path / "s", "--at", moment, cwd=FEATURES)
        assert (run.returncode, "between 1970 and 9000" in run.stderr) == (2, True)
    run = dac("site", "--out", tmp_path / "s", "--receipts", tmp_path, "--state", tmp_path, cwd=FEATURES)
    assert (run.returncode, "give one of them" in run.stderr) == (2, True)
    run = dac("site", cwd=FEATURES)
    assert (run.returncode, "--out" in run.stderr) == (2, True)
    assert not (tmp_path / "s").exists()
