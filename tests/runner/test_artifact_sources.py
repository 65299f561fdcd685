"""Input artifacts from a URL, a Git repository and a key: fetched before the step, unpacked where they are a tar."""

from __future__ import annotations

import functools
import io
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dac.run.local import archive
from runner_harness import run_text
from workflows import workflow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which a server gives its files."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """Gives files, and prints nothing."""

    def log_message(self, *_: object) -> None:
        """Leave the request out of the test's output."""


def packed(*names: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return data.getvalue()


def loaded(state: Path, *artifacts: dict[str, object]) -> tuple[str, str]:
    """The phase of a step with these inputs below /tmp/in, and what it sees there (or its message)."""
    script = (
        "cd /tmp/in && find . -type f -not -path '*/.git/*' | sort | while read f; do echo $f $(cat $f); done > /tmp/o"
    )
    template = {
        "name": "main",
        "inputs": {"artifacts": [{"path": f"/tmp/in/{a['name']}", **a} for a in artifacts]},
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]},
        "container": {"image": "busybox", "command": ["sh", "-c"], "args": [script]},
    }
    record = run_text(workflow([template]), state)
    return record["phase"], record["nodes"][0]["parameters"].get("o") or record["nodes"][0]["message"]


def test_a_url_gives_a_file_and_a_tar_what_is_in_it(site: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = site
    (folder / "a.txt").write_text("text")
    (folder / "one.tgz").write_bytes(packed("d/r"))
    (folder / "two.tgz").write_bytes(packed("r", "s"))
    phase, seen = loaded(
        tmp_path,
        {"name": "file", "http": {"url": f"{url}/a.txt"}},
        {"name": "one", "http": {"url": f"{url}/one.tgz"}},
        {"name": "two", "http": {"url": f"{url}/two.tgz"}},
        {"name": "none", "optional": True, "http": {"url": f"{url}/none"}},
    )
    assert (phase, seen) == ("Succeeded", "./file text\n./one/r d/r\n./two/r r\n./two/s s")


def test_a_url_without_anything_ends_the_step(site: tuple[Path, str], tmp_path: Path) -> None:
    phase, message = loaded(tmp_path, {"name": "a", "http": {"url": f"{site[1]}/none"}})
    assert (phase, message) == (
        "Error",
        "init: Error (exit code 64): artifact a failed to load: 404 File not found",
    )


def test_a_repository_is_cloned_at_its_revision(site: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = site
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for number in ("1", "2"):
        (folder / "f").write_text(number)
        subprocess.run([*git, "add", "f"], check=True)
        subprocess.run([*git, "commit", "-qm", number], check=True)
        subprocess.run([*git, "tag", f"v{number}"], check=True)
    subprocess.run([*git, "update-server-info"], check=True)
    phase, seen = loaded(
        tmp_path,
        {"name": "head", "git": {"repo": f"{url}/.git"}},
        {"name": "old", "git": {"repo": f"{url}/.git", "revision": "v1"}},
        {"name": "branch", "git": {"repo": f"{url}/.git", "singleBranch": True, "branch": "main"}},
    )
    assert (phase, seen) == ("Succeeded", "./branch/f 2\n./head/f 2\n./old/f 1")


def test_a_repository_is_not_a_path_of_this_machine(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "own")], check=True)
    phase, message = loaded(tmp_path, {"name": "a", "git": {"repo": str(tmp_path / "own")}})
    assert phase == "Error"
    assert "transport 'file' not allowed" in message


def test_what_lies_in_the_state_folder_is_found_by_its_key(tmp_path: Path) -> None:
    place = tmp_path / "objects/my-bucket/data/a.txt"
    place.parent.mkdir(parents=True)
    place.write_text("text")
    artifact = {"name": "a", "s3": {"bucket": "my-bucket", "key": "data/a.txt", "endpoint": "s3.example.com"}}
    assert loaded(tmp_path, artifact) == ("Succeeded", "./a text")


def test_a_tar_that_leads_out_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(packed("../out", "other"))
    with pytest.raises(OSError, match="outside"):
        archive.unpack(tmp_path / "a.tgz", tmp_path / "in" / "a", "tar")
    assert not (tmp_path / "in" / "a").exists()
    assert not (tmp_path / "in" / "out").exists()


def test_a_clone_takes_no_password_and_no_key_of_whoever_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workflow file of somebody else's would fetch what only this person may read."""
    asked: list[str] = []

    class Asking(Quiet):
        def do_GET(self) -> None:
            """Ask for a password, and note the one that comes."""
            asked.append(self.headers.get("Authorization", ""))
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="own"')
            self.end_headers()

    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password theirs\n")
    (tmp_path / ".netrc").chmod(0o600)
    with ThreadingHTTPServer(("127.0.0.1", 0), Asking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/private.git"
        phase, _ = loaded(tmp_path / "http", {"name": "a", "git": {"repo": url}})
        server.shutdown()
    assert (phase, set(asked)) == ("Error", {""})
    for address in ("ssh://git@127.0.0.1:9/private.git", "git@127.0.0.1:private.git", "ext::sh -c id"):
        phase, message = loaded(tmp_path / "key", {"name": "a", "git": {"repo": address}})
        assert phase == "Error"
        assert "not allowed" in message, message
