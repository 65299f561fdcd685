"""`dac run -f`: files and folders of templates, and what is said where one was not given."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dac.cli._run_facts import run_json
from dac.cli._status_formats import lines
from dac.run.local.run_folder import record_in
from dac.status import PipelineStatus

Dac = Callable[..., "subprocess.CompletedProcess[str]"]
CASES = Path(__file__).parents[1] / "cases"
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: "
CALL = "{{name: a, templateRef: {{name: {}, template: main}}}}"


def template(name: str, calls: str = "", kind: str = "WorkflowTemplate") -> str:
    """Return a template that runs a command, or another template."""
    body = f"steps: [[{CALL.format(calls)}]]" if calls else 'container: {image: b, command: ["true"]}'
    spec = f"spec:\n  entrypoint: main\n  templates:\n  - {{name: main, {body}}}\n"
    return f"{HEAD}{kind}\nmetadata: {{name: {name}}}\n{spec}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a repository: a workflow, the template that it calls, what that calls, and others."""
    shutil.copytree(CASES / "rendered/features", tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/w.yaml").write_text(template("w", "first", "Workflow"))
    (tmp_path / "deep/first.yaml").write_text(template("first", "second"))
    (tmp_path / "deep/er/second.yml").write_text(template("second"))
    (tmp_path / "deep/other.yaml").write_text(template("other").replace("true", "{{"))
    (tmp_path / "deep/helm.yaml").write_text("{{- if .Values.x }}\n")
    return tmp_path


def test_a_folder_gives_the_templates_that_are_referred_to(folder: Path, dac: Dac) -> None:
    done = dac("run", "-f", "flows/w.yaml", "-f", "deep", "--host-commands", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "not read, since not YAML: 1 file of deep: deep/helm.yaml" in done.stderr


def test_files_that_hold_what_is_missing_are_named(folder: Path, dac: Dac) -> None:
    done = dac("run", "-f", "flows/w.yaml", "--host-commands", cwd=folder)
    assert done.returncode == 2
    assert 'WorkflowTemplate "first" lies in deep/first.yaml: add -f deep/first.yaml' in done.stderr
    assert 'WorkflowTemplate "second" lies in deep/er/second.yml: add -f deep/er/second.yml' in done.stderr


def test_a_template_that_two_files_hold_is_not_chosen(folder: Path, dac: Dac) -> None:
    (folder / "deep/again.yaml").write_text(template("first"))
    done = dac("run", "-f", "flows/w.yaml", "-f", "deep", "--host-commands", cwd=folder)
    message = 'WorkflowTemplate "first" lies in deep/again.yaml and deep/first.yaml: name the file that is meant'
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    more = ("-f", "deep/first.yaml", "-f", "deep", "--host-commands")
    assert dac("run", "-f", "flows/w.yaml", *more, cwd=folder).returncode == 0


def test_a_folder_alone_is_nothing_to_run(folder: Path, dac: Dac) -> None:
    done = dac("run", "-f", "deep", "--host-commands", cwd=folder)
    assert (done.returncode, "name the workflow's file with another -f" in done.stderr) == (2, True)


def test_steps_that_asked_no_cluster_are_counted_and_named(folder: Path, dac: Dac) -> None:
    manifest = "{action: delete, flags: [job, pi], successCondition: ''}"
    (folder / "w.yaml").write_text(template("w", kind="Workflow").split("container")[0] + f"resource: {manifest}}}\n")
    refused = dac("run", "-f", "w.yaml", cwd=folder)
    assert (refused.returncode, "with --dry-run-resources" in refused.stderr) == (2, True)
    done = dac("run", "-f", "w.yaml", "--dry-run-resources", "--name", "w", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"1 step asked no cluster, by --dry-run-resources; see {folder}/.dac/runs/w/resources\n" in done.stderr
    assert "  w: delete job pi\n" in done.stderr
    record = record_in(folder / ".dac/runs/w")
    assert run_json(record)["dry_runs"] == {"w": "delete job pi"}
    status = PipelineStatus("p", "w", "ok", record, (), None, None, None, 0, None, (), ())
    assert "  dry run    1 step asked no cluster: w" in list(lines(status, datetime.now(UTC)))
