"""The real `dac render`: goldens, drift, what is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "cases" / "rendered"
Dac = Callable[..., "subprocess.CompletedProcess[str]"]


def inputs(case: Path) -> Iterator[Path]:
    """Return what a person wrote in a case's tree."""
    return (path for path in sorted(case.rglob("*")) if path.is_file() and not is_rendered(path.relative_to(case)))


def outputs(tree: Path) -> set[str]:
    """Return what rendering wrote in a tree."""
    files = (path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if is_rendered(path)}


def is_rendered(path: Path) -> bool:
    if path.name in ("rendered.yaml", "CODEOWNERS", "decisions.schema.json") or "rendered" in path.parts:
        return True
    return path.name == "README.md" and path.parts[0] == "standards"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the case `features` as it is written, with nothing rendered."""
    return copied(CASES / "features", tmp_path / "tree")


def copied(case: Path, folder: Path) -> Path:
    for path in inputs(case):
        target = folder / path.relative_to(case)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def contents(tree: Path) -> dict[str, bytes]:
    return {path: (tree / path).read_bytes() for path in outputs(tree)}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_goldens(case: str, tmp_path: Path, dac: Dac, golden: Callable[[Path, bytes], None]) -> None:
    tree = copied(CASES / case, tmp_path / "tree")
    result = dac("render", cwd=tree)
    assert (result.returncode, result.stderr) == (0, f"{len(outputs(tree))} written, 0 removed, 0 unchanged\n")
    for path, data in contents(tree).items():
        golden(CASES / case / path, data)
    assert outputs(CASES / case) == outputs(tree), "a golden that is rendered no more: remove it"


def test_same_bytes_whatever_the_hash_seed(tree: Path, dac_program: Dac) -> None:
    """CEL keeps maps in no order, and Python's own sets neither: neither may reach a file."""
    dac_program("render", cwd=tree, PYTHONHASHSEED="1")
    first = contents(tree)
    for seed in ("2", "3"):
        for path in outputs(tree):
            (tree / path).unlink()
        assert dac_program("render", cwd=tree, PYTHONHASHSEED=seed).returncode == 0
        assert contents(tree) == first


def test_many_projects_in_workers_give_what_one_gives(tree: Path, dac: Dac) -> None:
    """Enough projects for two processes: what is shared by forking must not show."""
    for number in range(60):
        shutil.copytree(tree / "projects" / "second", tree / "projects" / f"copy-{number}")
    assert dac("render", cwd=tree).returncode == 0
    alone = contents(tree)
    for path in alone:
        (tree / path).unlink()
    for number in range(60):
        assert dac("render", f"copy-{number}", cwd=tree).returncode == 0 if number % 20 == 0 else True
    for path, data in contents(tree).items():
        assert data == alone[path]


def test_a_second_render_writes_nothing(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    before = {path: os.stat(tree / path).st_mtime_ns for path in outputs(tree)}
    result = dac("render", cwd=tree)
    assert (result.stdout, result.stderr) == ("", f"0 written, 0 removed, {len(before)} unchanged\n")
    assert {path: os.stat(tree / path).st_mtime_ns for path in outputs(tree)} == before


def test_check_names_each_drift_and_the_command_that_repairs_it(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    folder = tree / "projects" / "first" / "rendered"
    (folder / "pipelines" / "plain.yaml").write_text("by hand\n")
    (folder / "platform" / "accounts.yaml").unlink()
    (folder / "pipelines" / "old.yaml").write_text("of a pipeline that is gone\n")
    before = contents(tree)
    result = dac("render", "--check", cwd=tree)
    at = "projects/first/rendered"
    assert result.stdout == (
        f"{at}/pipelines/old.yaml:1:1: error: is rendered by nothing any more; run: dac render [render.stale]\n"
        f"{at}/pipelines/plain.yaml:1:1: error: is not what is rendered here; run: dac render [render.different]\n"
        f"{at}/platform/accounts.yaml:1:1: error: what is rendered here is missing; run: dac render [render.missing]\n"
    )
    assert (result.returncode, result.stderr) == (1, "12 files compared: 3 differ\n")
    assert contents(tree) == before, "--check writes nothing"
    result = dac("render", "first", cwd=tree)
    assert result.stdout == (
        f"removed {at}/pipelines/old.yaml\nwrote {at}/pipelines/plain.yaml\nwrote {at}/platform/accounts.yaml\n"
    )
    assert dac("render", "--check", cwd=tree).returncode == 0


def test_a_named_project_leaves_the_others_alone(tree: Path, dac: Dac) -> None:
    result = dac("render", "second", cwd=tree)
    assert outputs(tree) == {
        ".github/CODEOWNERS",
        "projects/second/rendered/pipelines/plain.yaml",
        "projects/second/rendered/platform/accounts.yaml",
    }
    assert result.stderr == "3 written, 0 removed, 0 unchanged\n"


def test_a_new_project_rendered_by_name_leaves_no_drift(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    shutil.copytree(tree / "projects" / "second", tree / "projects" / "third")
    assert "wrote .github/CODEOWNERS\n" in dac("render", "third", cwd=tree).stdout
    assert dac("render", "--check", cwd=tree).stdout == ""


def test_codeowners_keeps_a_project_that_cannot_be_read(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    (tree / "projects" / "first" / "decisions.yaml").write_text("owner: [\n")
    assert dac("render", "second", cwd=tree).stdout == ""
    assert "/projects/first/" in (tree / ".github" / "CODEOWNERS").read_text()


def test_a_pipeline_that_is_gone_takes_its_folder_along(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    stray = tree / "projects" / "second" / "rendered" / "extra" / "deep" / "file.yaml"
    stray.parent.mkdir(parents=True)
    stray.write_text("")
    assert dac("render", "second", cwd=tree).stdout == "removed projects/second/rendered/extra/deep/file.yaml\n"
    assert not (tree / "projects" / "second" / "rendered" / "extra").exists()


def test_nothing_is_written_while_something_is_wrong(tree: Path, dac: Dac) -> None:
    decisions = tree / "projects" / "first" / "decisions.yaml"
    decisions.write_text(decisions.read_text().replace("size: large", "size: larg"))
    result = dac("render", cwd=tree)
    assert result.stdout == ""
    assert result.stderr == (
        'projects/first/decisions.yaml:9:11: error: "larg" is not in standards/catalog/sizes.yaml; '
        'did you mean "large"? [catalog.unknown_name]\nnothing was rendered: 1 error\n'
    )
    assert result.returncode == 1
    assert outputs(tree) == set()


def test_an_expression_that_fails_is_told_where_it_stands(tree: Path, dac: Dac) -> None:
    template = tree / "standards" / "copying" / "v1" / "template.yaml"
    text = template.read_text()
    text = text.replace('greeting("image")', "greeting()").replace("$use: pod", "$use: pods")
    template.write_text(text.replace("${1 + 2}", "${nothing.at.all}"))
    result = dac("render", cwd=tree)
    at = "standards/copying/v1/template.yaml"
    assert result.stderr.splitlines() == [
        f'{at}:27:13: error: fragment "pods" is not there; did you mean "pod"? [template.wrong]',
        f"{at}:37:23: error: the expression fails: Undefined variable or function: 'nothing'; fix the expression "
        "[template.expression]",
        f"{at}:39:12: error: the expression fails: greeting(name) was given 0 values; fix the expression "
        "[template.expression]",
        "nothing was rendered: 3 errors",
    ]


def test_what_fails_for_every_project_is_told_once(tree: Path, dac: Dac) -> None:
    baseline = tree / "standards" / "platform" / "namespace" / "accounts.yaml"
    baseline.write_text(baseline.read_text().replace("${each.service_account}", "${each.account}"))
    for number in range(60):
        shutil.copytree(tree / "projects" / "second", tree / "projects" / f"copy-{number}")
    message = (
        "standards/platform/namespace/accounts.yaml:4:18: error: the expression fails: there is no 'account'; "
        "fix the expression"
    )
    assert dac("render", cwd=tree).stderr == f"{message} [template.expression]\nnothing was rendered: 1 error\n"


@pytest.mark.parametrize(
    "link",
    [
        "projects/second/rendered",
        "projects/second/rendered/pipelines",
        "projects/second/notes",
        "projects/evil",
        "standards/platform/rendered",
        "standards/other",
    ],
)
def test_a_symbolic_link_stops_rendering_and_what_it_leads_to_is_untouched(
    link: str, tree: Path, dac: Dac, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.yaml").write_text("kept")
    before = outputs(tree)
    path = tree / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(outside)
    finding = f"{link}:1:1: error: {link} is a symbolic link; put the file or folder itself here [tree.link]\n"
    result = dac("render", cwd=tree)
    assert (result.returncode, result.stderr) == (1, f"{finding}nothing was rendered: 1 error\n")
    assert finding in dac("check", cwd=tree).stdout
    assert [(p.name, p.read_text()) for p in outside.iterdir()] == [("kept.yaml", "kept")]
    path.unlink()
    assert outputs(tree) == before


def test_a_link_to_a_file_is_a_finding_too(tree: Path, dac: Dac, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("kept")
    folder = tree / "projects" / "second" / "rendered" / "pipelines"
    folder.mkdir(parents=True)
    (folder / "daily.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert "daily.yaml is a symbolic link" in dac("render", "second", cwd=tree).stderr
    assert (tmp_path / "elsewhere.yaml").read_text() == "kept"


def test_the_first_target_that_is_refused_stops_all_writing(tree: Path, dac: Dac) -> None:
    (tree / ".github").rmdir() if (tree / ".github").is_dir() else None
    (tree / ".github").write_text("in the way")
    before = outputs(tree)
    result = dac("render", cwd=tree)
    assert result.returncode == 2
    assert result.stderr == (
        "Error: nothing was written: [Errno 20] Not a directory: '.github'; fix that, then run dac render again\n"
    )
    assert outputs(tree) == before


def test_cluster_refuses_an_image_that_was_not_built(tree: Path, dac: Dac) -> None:
    (tree / "standards" / "catalog" / "images.yaml").write_text("tool: {repository: r.example.com/t, built: false}\n")
    result = dac("render", "--cluster", "second", cwd=tree)
    assert (result.returncode, outputs(tree)) == (1, set())
    assert result.stderr == (
        'standards/catalog/images.yaml:1:1: error: image "tool" was not built, so a cluster cannot run it; '
        "publish it; the release writes its digest here [image.unbuilt]\nnothing was rendered: 1 error\n"
    )


def test_the_tree_itself_is_rendered(dac: Dac) -> None:
    result = dac("render", "--check")
    assert (result.stdout, result.returncode) == ("", 0)


def test_each_standard_says_what_changed(root: Path) -> None:
    for standard in root.glob("standards/*/v*/standard.yaml"):
        assert (standard.parent / "CHANGELOG.md").is_file(), f"{standard.parent} has no CHANGELOG.md"
