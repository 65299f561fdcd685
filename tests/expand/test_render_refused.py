"""What is wrong with a tree stops its rendering: nothing is written, and the reason is printed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from features_tree import outputs

Dac = Callable[..., "subprocess.CompletedProcess[str]"]


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


def test_no_text_has_argo_cd_leave_out_a_file(tree: Path, dac: Dac) -> None:
    """It looks for the mark in the whole file, so that a fact of the catalog would take a template off the cluster."""
    words = tree / "standards" / "catalog" / "words.yaml"
    words.write_text(words.read_text().replace('text: "yes"', 'text: "x +argocd:skip-file-rendering"'))
    result = dac("render", cwd=tree)
    assert result.stderr == (
        "standards/copying/v1/rendered.yaml:72:1: error: +argocd:skip-file-rendering would be in this line, and Argo "
        "CD leaves out a file that holds it; take that text out of the decision, or the fact of the catalog, that it "
        "comes from [render.passed_over]\nnothing was rendered: 1 error\n"
    )
    assert result.returncode == 1
    assert outputs(tree) == set()
