"""`dac run PROJECT/PIPELINE` runs what the tree renders to, and refuses to where the disk says otherwise."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "cases"
Dac = Callable[..., "subprocess.CompletedProcess[str]"]
PIPELINE = "projects/first/rendered/pipelines/plain.yaml"
TEMPLATE = "standards/copying/v1/rendered.yaml"
EVIL = '        command:\n          - sh\n          - "-c"\n          - touch ran\n'


@pytest.fixture
def tree(tmp_path: Path, dac: Dac) -> Path:
    """Return a tree in which the pipeline first/plain is rendered."""
    tree = tmp_path / "tree"
    shutil.copytree(CASES / "rendered/features", tree)
    assert dac("render", cwd=tree).returncode == 0
    return tree


def refused(tree: Path, dac: Dac, *more: str, pipeline: str = "first/plain") -> str:
    """Return what the command says; nothing was started."""
    done = dac("run", pipeline, "--host-commands", *more, cwd=tree)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tree / ".dac/runs").exists()
    return done.stderr.removeprefix("the tree is not a Git repository: the run records no commit\n")


def edit(file: Path, old: str, new: str) -> int:
    """Change the file; return the line where it changes."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_what_is_rendered_is_run(tree: Path, dac: Dac) -> None:
    """It ends in error, since nothing says how many copies may run at once: it was started."""
    done = dac("run", "first/plain", "--host-commands", cwd=tree)
    assert (done.returncode, json.loads(done.stdout)["phase"]) == (1, "Error")


def test_an_edited_template_is_refused_at_its_line(tree: Path, dac: Dac) -> None:
    line = edit(tree / TEMPLATE, "        command:\n          - copy\n", EVIL) + 1
    assert refused(tree, dac) == (
        f"{TEMPLATE}:{line}:1: error: is not what is rendered here; run: dac render [render.different]\n"
    )


def test_an_edited_pipeline_is_refused_with_the_command_that_repairs_it(tree: Path, dac: Dac) -> None:
    line = edit(tree / PIPELINE, "value: s3://a/b", "value: s3://b/a")
    assert refused(tree, dac) == (
        f"{PIPELINE}:{line}:1: error: is not what is rendered here; run: dac render first [render.different]\n"
    )
    assert dac("render", "first", cwd=tree).returncode == 0
    assert dac("run", "first/plain", "--host-commands", cwd=tree).returncode == 1


def test_a_decision_that_was_not_rendered_is_refused(tree: Path, dac: Dac) -> None:
    edit(tree / "projects/first/decisions.yaml", "s3://a/b", "s3://b/a")
    assert f"{PIPELINE}:" in refused(tree, dac)


def test_missing_and_stray_files_are_refused(tree: Path, dac: Dac) -> None:
    (tree / PIPELINE).unlink()
    stray = tree / "projects/first/rendered/platform/stray.yaml"
    stray.write_text("kind: ConfigMap\nmetadata: {name: endpoints}\ndata: {objects: file:///elsewhere}\n")
    assert refused(tree, dac) == (
        f"{PIPELINE}:1:1: error: what is rendered here is missing; run: dac render first [render.missing]\n"
        "projects/first/rendered/platform/stray.yaml:1:1: error: "
        "is rendered by nothing any more; run: dac render first [render.stale]\n"
    )


def test_a_link_in_place_of_what_is_rendered_is_refused(tree: Path, dac: Dac) -> None:
    kept = tree / "kept.yaml"
    shutil.move(tree / PIPELINE, kept)
    (tree / PIPELINE).symlink_to(kept)
    assert f"{PIPELINE}:1:1: error: {PIPELINE} is a symbolic link" in refused(tree, dac)


def test_decisions_with_an_error_are_refused(tree: Path, dac: Dac) -> None:
    line = edit(tree / "projects/first/decisions.yaml", "size: large", "size: larg")
    assert f'projects/first/decisions.yaml:{line}:11: error: "larg" is not in' in refused(tree, dac)


def test_what_another_project_has_on_disk_is_its_own(tree: Path, dac: Dac) -> None:
    shutil.rmtree(tree / "projects/second/rendered")
    assert dac("run", "first/plain", "--host-commands", cwd=tree).returncode == 1


def test_an_image_outside_the_catalog_needs_host_commands(tree: Path, dac: Dac) -> None:
    done = dac("run", "first/plain", cwd=tree)
    assert done.returncode == 2
    assert 'image "hello, image of {{nowhere}}" is not known before the run' in done.stderr


def test_a_variable_that_is_not_set_is_not_passed_on(tree: Path, dac: Dac) -> None:
    message = "Error: no variable NO_SUCH is set here, to be passed to the steps; set it, or ask for no such variable\n"
    assert refused(tree, dac, "--pass-env", "NO_SUCH") == message


WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  entrypoint: main
  templates:
  - {name: main, container: {image: "whale:1", args: [hello], command: COMMAND}}
"""


def phase(dac: Dac, tree: Path, *words: str) -> str:
    done = dac("run", *words, "--host-commands", "--state", str(tree / "state"), cwd=tree)
    return str(json.loads(done.stdout)["phase"]) if done.stdout else done.stderr


def test_a_linked_file_runs(tree: Path, tmp_path: Path, dac: Dac) -> None:
    """Whoever names a link means the file behind it."""
    (tmp_path / "w.yaml").write_text(WORKFLOW.replace("COMMAND", "[echo]"))
    (tmp_path / "link.yaml").symlink_to("w.yaml")
    assert phase(dac, tree, "-f", str(tmp_path / "link.yaml")) == "Succeeded"


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_workflow_is_read_from_stdin(tree: Path, name: str) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dac"),
            "run",
            "-f",
            name,
            "--host-commands",
            "--state",
            str(tree / "state"),
        ],
        cwd=tree,
        input=WORKFLOW.replace("COMMAND", "[echo]"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_an_image_is_given_its_command(tree: Path, tmp_path: Path, dac: Dac) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(WORKFLOW.replace("COMMAND", "[]"))
    assert "--command IMAGE='PROGRAM ARGUMENT...'" in phase(dac, tree, "-f", str(file))
    assert phase(dac, tree, "-f", str(file), "--command", "other=true") != "Succeeded"
    for image in ("whale", "whale:1"):
        assert phase(dac, tree, "-f", str(file), "--command", f"{image}=sh -c 'test $0 = hello'") == "Succeeded"
    assert "--command whale is not of the form IMAGE=COMMAND" in phase(dac, tree, "-f", str(file), "--command", "whale")


def test_a_project_alone_lists_its_pipelines(tree: Path, dac: Dac) -> None:
    assert "Error: name one of the pipelines of first: first/" in refused(tree, dac, pipeline="first")


def test_the_version_is_printed(dac: Dac) -> None:
    done = dac("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "dac")


def test_several_files_run_together(tree: Path, tmp_path: Path, dac: Dac) -> None:
    """The template that a workflow refers to may be in a file of its own."""
    text = WORKFLOW.replace("COMMAND", "[echo]").replace("kind: Workflow", "kind: WorkflowTemplate")
    (tmp_path / "template.yaml").write_text(text)
    reference = "kind: Workflow\nmetadata: {name: r}\nspec: {workflowTemplateRef: {name: w}}\n"
    (tmp_path / "run.yaml").write_text(f"apiVersion: argoproj.io/v1alpha1\n{reference}")
    alone = ["-f", str(tmp_path / "run.yaml")]
    assert 'no WorkflowTemplate "w" was given; add the file that has it with another -f' in phase(dac, tree, *alone)
    assert phase(dac, tree, "-f", str(tmp_path / "template.yaml"), *alone) == "Succeeded"


ECHO = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: echo-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: size, value: large}]}
  templates:
    - name: main
      container:
        image: any
        command: [sh, -c, 'echo "at once: $SETTINGS"']
        env:
          - name: SETTINGS
            valueFrom: {configMapKeyRef: {name: catalog-sizes, key: "{{workflow.parameters.size}}"}}
"""


@pytest.mark.parametrize(
    ("size", "phase", "shown"),
    [
        ("large", "Succeeded", '"at_once":9'),
        ("unused", "Succeeded", "at once: {}"),
        ("none", "Error", "couldn't find key none in ConfigMap default/catalog-sizes"),
    ],
)
def test_a_workflow_reads_the_facts_that_the_tree_renders(
    size: str, phase: str, shown: str, tree: Path, dac: Dac
) -> None:
    (tree / "echo.yaml").write_text(ECHO)
    done = dac("run", "-f", "echo.yaml", "-p", f"size={size}", "--name", "echo", "--host-commands", cwd=tree)
    record = tree / ".dac/runs/echo"
    assert json.loads(done.stdout)["phase"] == phase
    assert shown in done.stderr + "".join(file.read_text() for file in sorted(record.rglob("*")) if file.is_file())
