"""Post the plan of each open merge request as one comment that is updated in place; for those from forks too.

    .venv/bin/python .gitlab/plan_comments.py

A pipeline schedule of the default branch runs it, with that branch's `dac` and rules. A proposed tree is checked out
and read as data: nothing of it is run, and what reads it does not have the token. What was planned already is left
alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

ROOT = Path(__file__).resolve().parents[1]
MARK = "<!-- dac plan -->"  # the first line of a plan in markdown
LIMIT = 65536  # characters; GitLab takes a million, nobody reads them
TOKEN = "DAC_COMMENT_TOKEN"
SECONDS = 600  # that one plan may take


class PlanError(Exception):
    """One merge request cannot be planned; the text says why."""


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: urllib would send the token along to whatever server it names."""

    def redirect_request(self, *_: Any) -> None:
        """Leave the answer as it is, which is an error then."""


@dataclass(frozen=True)
class Api:
    """The REST API of one project.

    Attributes:
        address: of the API, such as https://gitlab.example.com/api/v4.
        project: the project's number.
        token: with the scope api.
    """

    address: str
    project: str
    token: str

    def call(self, method: str, path: str, **fields: Any) -> tuple[Any, Mapping[str, str]]:
        """Return the answer and its headers.

        Raises:
            PlanError: it was refused, or nothing answers.
        """
        headers = {"PRIVATE-TOKEN": self.token, "Content-Type": "application/json"}
        data = json.dumps(fields).encode() if method != "GET" else None
        query = f"?{urlencode(fields)}" if method == "GET" and fields else ""
        request = Request(f"{self.address}/{path}{query}", data=data, headers=headers, method=method)
        try:
            with build_opener(_NoRedirect).open(request, timeout=60) as response:
                return json.load(response), {name.lower(): value for name, value in response.headers.items()}
        except (HTTPError, URLError, TimeoutError, ValueError) as error:
            raise PlanError(f"{method} {path}: {error}") from error

    def every(self, path: str, **fields: Any) -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages."""
        page = "1"
        while page:
            entries, headers = self.call("GET", f"projects/{self.project}/{path}", per_page=100, page=page, **fields)
            yield from entries
            page = headers.get("x-next-page", "")

    def post(self, request: int, note: int | None, body: str) -> None:
        """Write a merge request's comment, or write it anew."""
        notes = f"projects/{self.project}/merge_requests/{request}/notes"
        self.call("PUT" if note else "POST", f"{notes}/{note}" if note else notes, body=body)


def own_note(api: Api, request: int, user: int) -> tuple[int | None, str]:
    """Return number and text of the comment that an earlier run wrote; None and nothing where there is none."""
    for note in api.every(f"merge_requests/{request}/notes", sort="asc"):
        if note["author"]["id"] == user and note["body"].startswith(MARK):
            return int(note["id"]), str(note["body"])
    return None, ""


def plan_of(request: int, commit: str, target: str) -> str:
    """Return the plan of a merge request's commit, as markdown.

    Raises:
        PlanError: git does not have the commit, or there is no plan of it.
    """
    environment = {name: value for name, value in os.environ.items() if name != TOKEN}
    environment["GIT_LFS_SKIP_SMUDGE"] = "1"
    with tempfile.TemporaryDirectory(prefix="dac-proposed-") as folder:
        tree = Path(folder) / "tree"
        heads = [f"refs/merge-requests/{request}/head", f"+refs/heads/{target}:refs/remotes/origin/{target}"]
        run(["git", "fetch", "-q", "origin", *heads], environment)
        run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], environment)
        try:
            dac = [str(Path(sys.executable).parent / "dac"), "plan", "--root", str(tree), "--rules", str(ROOT)]
            text = run([*dac, "--base", f"origin/{target}", "--format", "md"], environment, statuses=(0, 1))
        finally:
            run(["git", "worktree", "remove", "--force", str(tree)], environment)
    if not text.startswith(f"{MARK}\n") or len(text) > LIMIT - 100:
        raise PlanError("what dac plan printed is not a plan that fits a comment")
    if any(line.lstrip().startswith("/") for line in text.splitlines()):
        raise PlanError("what dac plan printed has a line that GitLab would act on, as a quick action")
    return text


def run(command: list[str], environment: Mapping[str, str], statuses: tuple[int, ...] = (0,)) -> str:
    """Run a command in this repository and return what it prints.

    Raises:
        PlanError: it ended with another status, or took too long.
    """
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise PlanError(f"{command[0]} took more than {SECONDS} s") from error
    if done.returncode not in statuses or (done.returncode and not done.stdout):
        raise PlanError(f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def main() -> int:
    """Plan what is not planned yet, and return 1 where one could not be."""
    needed = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_DEFAULT_BRANCH", TOKEN)
    missing = [name for name in needed if not os.environ.get(name)]
    if missing:
        sys.stderr.write(f"{', '.join(missing)} not set: run it from a pipeline schedule of the default branch\n")
        return 2
    target = os.environ["CI_DEFAULT_BRANCH"]
    api = Api(os.environ["CI_API_V4_URL"], os.environ["CI_PROJECT_ID"], os.environ[TOKEN])
    status = 0
    try:
        user = int(api.call("GET", "user")[0]["id"])
        requests = list(api.every("merge_requests", state="opened", target_branch=target))
    except PlanError as error:
        sys.stderr.write(f"no merge request can be listed: {error}\n")
        return 1
    for request in requests:
        number, commit = int(request["iid"]), str(request["sha"])
        closing = f"<!-- of {commit} -->"
        try:
            note, body = own_note(api, number, user)
            if body.rstrip().endswith(closing):
                continue
            api.post(number, note, f"{plan_of(number, commit, target)}\n{closing}\n")
            sys.stdout.write(f"!{number}: planned {commit[:12]}\n")
        except PlanError as error:  # the others are planned all the same
            sys.stderr.write(f"!{number}: not planned: {error}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
