"""What .gitlab-ci.yml runs is in this tree, no proposed file gets its token, and the comment is updated in place.

The file's syntax is held to GitLab's own schema by check-jsonschema (`make workflows`). No GitLab is asked: a server of
this test answers as its API does, and a repository of its own has the merge requests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.test_workflows import absent, missing_targets, unknown_flags

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
JOBS = {name: job for name, job in FILE.items() if name not in ("workflow", "variables", "default")}
FEATURES = ROOT / "tests/cases/rendered/features"
BOT, TOKEN = 7, "a-token-of-the-test"


def test_what_it_runs_is_in_this_tree() -> None:
    lines = [*FILE["default"]["before_script"], *(line for job in JOBS.values() for line in job["script"])]
    script = "\n".join(lines)
    assert (absent(script), missing_targets(script), unknown_flags(script)) == ([], [], [])


def test_the_schema_refuses_what_gitlab_would(tmp_path: Path) -> None:
    """A check that accepts everything would be none."""
    file = tmp_path / "file.yml"
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", file]
    for job, status in (({"script": ["true"]}, 0), ({"script": 3}, 1), ({"script": ["true"], "when": "later"}, 1)):
        file.write_text(yaml.safe_dump({"job": job}))
        assert subprocess.run(command, capture_output=True).returncode == status, job


def test_the_token_is_asked_for_by_the_scheduled_job_alone() -> None:
    assert FILE["workflow"]["rules"] == [
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
        {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
    ]
    assert JOBS["comment"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    others = yaml.safe_dump([job for name, job in JOBS.items() if name != "comment"])
    assert re.findall(r"TOKEN|plan_comments", others) == []


class Gitlab(BaseHTTPRequestHandler):
    """Answers as GitLab does, and keeps the notes."""

    requests: list[dict[str, Any]]
    notes: dict[int, list[dict[str, Any]]]
    calls: list[str]
    moved = ""  # where GitLab says that its users are

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def answer(self, body: Any, **headers: str) -> None:
        """Answer in JSON, where the token is right."""
        right = self.headers["PRIVATE-TOKEN"] == TOKEN
        self.send_response(200 if right else 401)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(json.dumps(body if right else {}).encode())

    def do_GET(self) -> None:
        """List merge requests, one a page, or notes."""
        if self.path == "/user" and self.moved:
            self.send_response(302)
            self.send_header("Location", f"{self.moved}/user")
            self.end_headers()
        elif self.path == "/user":
            self.answer({"id": BOT})
        elif match := re.match(r"/projects/5/merge_requests/(\d+)/notes\?", self.path):
            self.answer(self.notes.get(int(match[1]), []))
        else:
            page = int(re.search(r"page=(\d+)&state=opened&target_branch=main$", self.path)[1])  # type: ignore[index]
            following = str(page + 1) if page < len(self.requests) else ""
            self.answer(self.requests[page - 1 : page], x_next_page=following)

    def do_POST(self) -> None:
        """Write a note, or write it anew."""
        assert self.headers["Content-Type"] == "application/json"  # else GitLab reads a form
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        parts = self.path.split("/")
        notes = self.notes.setdefault(int(parts[4]), [])
        self.calls.append(f"{self.command} {self.path}")
        if self.command == "POST":
            notes.append({"id": len(notes) + 1, "author": {"id": BOT}, "body": body})
        else:
            next(note for note in notes if note["id"] == int(parts[6]))["body"] = body
        self.answer({})

    do_PUT = do_POST


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return the clone that a scheduled pipeline has, of a repository with two merge requests."""
    origin = tmp_path / "origin"
    shutil.copytree(FEATURES, origin)
    (origin / ".gitlab").mkdir()
    shutil.copy(ROOT / ".gitlab/plan_comments.py", origin / ".gitlab")
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "-m", "base")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    for number, times in ((1, 5), (2, 6)):
        propose(origin, number, f"times: {times}")
    return tmp_path / "clone"


def propose(origin: Path, number: int, line: str) -> str:
    """Give a merge request a commit, and return its hash."""
    git(origin, "checkout", "-q", "main")
    file = origin / "projects/first/decisions.yaml"
    file.write_text(re.sub(r"times: \d+", line, file.read_text(), count=1))
    git(origin, "commit", "-q", "-am", "proposed")
    commit = git(origin, "rev-parse", "HEAD")
    git(origin, "update-ref", f"refs/merge-requests/{number}/head", commit)
    git(origin, "reset", "-q", "--hard", "HEAD~1")
    return commit


def head(clone: Path, number: int) -> str:
    """Return the commit of a merge request; one that nobody has where its ref is gone."""
    hashes = git(
        clone.parent / "origin", "for-each-ref", "--format=%(objectname)", f"refs/merge-requests/{number}/head"
    )
    return hashes or "0" * 40


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Gitlab.notes, Gitlab.calls, Gitlab.requests, Gitlab.moved = {}, [], [], ""
    with HTTPServer(("127.0.0.1", 0), Gitlab) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http
        http.shutdown()


def comment(clone: Path, server: HTTPServer, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    Gitlab.requests = [{"iid": n, "sha": head(clone, n)} for n in (1, 2)]
    environment = os.environ | {
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}",
        "CI_PROJECT_ID": "5",
        "CI_DEFAULT_BRANCH": "main",
        "DAC_COMMENT_TOKEN": token,
    }
    command = [sys.executable, ".gitlab/plan_comments.py"]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)


def test_each_merge_request_has_one_comment_that_is_updated_in_place(clone: Path, server: HTTPServer) -> None:
    done = comment(clone, server)
    assert done.returncode == 0, done.stderr
    assert Gitlab.calls == [f"POST /projects/5/merge_requests/{n}/notes" for n in (1, 2)]
    (note,) = Gitlab.notes[2]
    assert note["body"].startswith("<!-- dac plan -->\n")
    assert "times: 3 to 6" in note["body"]
    assert note["body"].endswith(f"\n<!-- of {head(clone, 2)} -->\n")

    assert comment(clone, server).stdout == ""  # planned already
    propose(clone.parent / "origin", 1, "times: 9")
    Gitlab.calls.clear()
    assert comment(clone, server).returncode == 0
    assert Gitlab.calls == ["PUT /projects/5/merge_requests/1/notes/1"]
    assert "times: 3 to 9" in Gitlab.notes[1][0]["body"]
    assert git(clone, "worktree", "list").count("\n") == 0


def test_what_another_wrote_is_left_alone(clone: Path, server: HTTPServer) -> None:
    """A comment that bears the mark is not the program's unless its own account wrote it."""
    Gitlab.notes = {1: [{"id": 40, "author": {"id": 8}, "body": f"<!-- dac plan -->\n<!-- of {head(clone, 1)} -->"}]}
    assert comment(clone, server).returncode == 0
    assert Gitlab.calls[0] == "POST /projects/5/merge_requests/1/notes"


def test_one_that_cannot_be_planned_is_named_and_the_others_are_planned(clone: Path, server: HTTPServer) -> None:
    git(clone.parent / "origin", "update-ref", "-d", "refs/merge-requests/1/head")
    done = comment(clone, server)
    assert done.returncode == 1
    assert done.stderr.startswith("!1: not planned: git fetch -q ended with 128: ")
    assert list(Gitlab.notes) == [2]


def test_nothing_of_the_proposed_tree_is_run_and_no_token_is_passed_on(clone: Path, server: HTTPServer) -> None:
    origin = clone.parent / "origin"
    (origin / "policy/evil").mkdir(parents=True)
    (origin / "policy/evil/evil.rego").write_text("package evil\n\nx := opa.runtime().env.DAC_COMMENT_TOKEN\n")
    (origin / ".gitlab/plan_comments.py").write_text("raise SystemExit('run')\n")
    git(origin, "add", "-A")
    propose(origin, 1, "times: 8")
    done = comment(clone, server)
    assert done.returncode == 0, done.stderr
    assert TOKEN not in json.dumps(Gitlab.notes) + done.stdout + done.stderr


def test_the_token_follows_no_redirect(clone: Path, server: HTTPServer) -> None:
    """The server that it named would have the token; urllib sends each header along."""
    asked: list[str] = []

    class Other(Gitlab):
        def do_GET(self) -> None:
            asked.append(self.headers["PRIVATE-TOKEN"])
            self.answer({"id": BOT})

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        Gitlab.moved = f"http://127.0.0.1:{other.server_port}"
        done = comment(clone, server)
        other.shutdown()
    assert (done.returncode, asked) == (1, [])
    assert done.stderr == "no merge request can be listed: GET user: HTTP Error 302: Found\n"


def test_a_refused_token_is_said(clone: Path, server: HTTPServer) -> None:
    done = comment(clone, server, token="another")
    assert done.returncode == 1
    assert done.stderr == "no merge request can be listed: GET user: HTTP Error 401: Unauthorized\n"


def test_without_its_variables_it_says_which(clone: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "DAC_COMMENT"))}
    command = [sys.executable, ".gitlab/plan_comments.py"]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr.split(" not set")[0]) == (
        2,
        "CI_API_V4_URL, CI_PROJECT_ID, CI_DEFAULT_BRANCH, DAC_COMMENT_TOKEN",
    )
