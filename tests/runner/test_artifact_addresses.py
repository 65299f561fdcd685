"""Artifacts at an address that asks for a user and a password, outputs that are sent to one, and zips."""

from __future__ import annotations

import io
import ssl
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dac.run.local import archive
from runner_harness import run_text
from site_of_files import Site
from workflows import workflow

SECRETS = {"login": {"user": "ann", "password": "pa ss"}}
USER, PASSWORD = {"name": "login", "key": "user"}, {"name": "login", "key": "password"}
PROGRAM = Path(__file__).parent / "certificate.go"
BEGIN = "-----BEGIN CERTIFICATE"
LOGIN = {"usernameSecret": USER, "passwordSecret": PASSWORD}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    own = Site(tmp_path / "site")
    yield own
    own.server.shutdown()
    own.server.server_close()


def ran(state: Path, script: str, inputs: list[Any] = [], outputs: list[Any] = [], **more: Any) -> str:  # noqa: B006
    """What a step prints, or its message where it does not succeed."""
    template = {
        "name": "main",
        "inputs": {"artifacts": inputs},
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}], "artifacts": outputs},
        "container": {"image": "busybox", "command": ["sh", "-c"], "args": [f"({script}) > /tmp/o"]},
    }
    (node,) = run_text(workflow([template]), state, secrets=more.get("secrets", SECRETS))["nodes"]
    return str(node["parameters"]["o"] if node["phase"] == "Succeeded" else node["message"])


def test_a_file_is_fetched_with_the_password_of_a_secret(site: Site, tmp_path: Path) -> None:
    (site.folder / "a").write_text("text")
    by_http = {"name": "a", "path": "/tmp/a", "http": {"url": f"{site.url}/a", "auth": {"basicAuth": LOGIN}}}
    by_artifactory = {"name": "b", "path": "/tmp/b", "artifactory": {"url": f"{site.url}/a", **LOGIN}}
    exported = {"basicAuth": LOGIN, "clientCert": {}, "oauth2": {}}  # as Argo writes it
    again = {"name": "c", "path": "/tmp/c", "http": {"url": f"{site.url}/a", "auth": exported}}
    assert ran(tmp_path, "cat /tmp/a /tmp/b /tmp/c", [by_http, by_artifactory, again]) == "texttexttext"


def test_no_password_reaches_another_host(site: Site, tmp_path: Path) -> None:
    other = Site(site.folder)
    url = f"{site.url}/elsewhere/http://localhost:{other.server.server_port}/a"
    by_http = {"name": "a", "path": "/tmp/a", "http": {"url": url, "auth": {"basicAuth": LOGIN}}}
    message = ran(tmp_path, "cat /tmp/a", [by_http])
    other.server.shutdown()
    other.server.server_close()
    assert message.endswith(f"loading content from {url} failed with reason: 401 Unauthorized")
    assert other.asked == [""]


@pytest.mark.parametrize(
    ("secrets", "message"),
    [({}, 'secrets "login" not found'), ({"login": {"user": "a"}}, "secret 'login' has no key 'password'")],
)
def test_a_secret_that_is_missing(site: Site, tmp_path: Path, secrets: Any, message: str) -> None:
    fetched = {"name": "a", "path": "/tmp/a", "http": {"url": f"{site.url}/a", "auth": {"basicAuth": LOGIN}}}
    printed = ran(tmp_path, "true", [fetched], secrets=secrets)
    assert printed == f"init: Error (exit code 64): artifact a failed to load: {message}"


def by_token(site: Site) -> dict[str, Any]:
    oauth = {"clientIDSecret": USER, "clientSecretSecret": PASSWORD, "tokenURLSecret": {"name": "login", "key": "url"}}
    more = {"scopes": ["read", "write"], "endpointParams": [{"key": "audience", "value": "files"}]}
    return {"name": "a", "path": "/tmp/a", "http": {"url": f"{site.url}/a", "auth": {"oauth2": {**oauth, **more}}}}


def test_a_file_is_fetched_with_a_token(site: Site, tmp_path: Path) -> None:
    (site.folder / "a").write_text("text")
    secrets = {"login": {**SECRETS["login"], "url": f"{site.url}/token"}}
    assert ran(tmp_path, "cat /tmp/a", [by_token(site)], secrets=secrets) == "text"
    asked = {"grant_type": ["client_credentials"], "scope": ["read write"], "audience": ["files"]}
    assert site.forms == [asked, {**asked, "client_id": ["ann"], "client_secret": ["pa ss"]}]


def test_no_token_is_given(site: Site, tmp_path: Path) -> None:
    url = f"{site.url}/token"
    secrets = {"login": {"user": "ann", "password": "no", "url": url}}
    reason = f'artifact a failed to load: oauth2: cannot fetch token from "{url}": 401 Unauthorized'
    assert ran(tmp_path, "true", [by_token(site)], secrets=secrets) == f"init: Error (exit code 64): {reason}"


def test_a_certificate_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = subprocess.run(["go", "run", PROGRAM], check=True, capture_output=True, text=True).stdout
    cert = tmp_path / "both.pem"
    cert.write_text(pem)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a").write_text("text")
    site, context = Site(tmp_path / "site"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert)
    context.load_verify_locations(cert)
    context.verify_mode = ssl.CERT_REQUIRED
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    url = f"https://localhost:{site.server.server_port}/a"
    refs = {"clientCertSecret": {"name": "login", "key": "cert"}, "clientKeySecret": {"name": "login", "key": "key"}}
    secrets = {"login": {**SECRETS["login"], "cert": pem[pem.index(BEGIN) :], "key": pem[: pem.index(BEGIN)]}}
    shown = {"url": url, "auth": {"clientCert": refs, "basicAuth": LOGIN}}
    fetched = {"name": "a", "path": "/tmp/a", "http": shown}
    without = {"name": "a", "path": "/tmp/a", "http": {"url": url, "auth": {"basicAuth": LOGIN}}}
    assert ran(tmp_path / "with", "cat /tmp/a", [fetched], secrets=secrets) == "text"
    refused = ran(tmp_path / "without", "cat /tmp/a", [without], secrets=secrets)
    assert refused.startswith("init: Error (exit code 64): artifact a failed to load: ")  # then as the socket ends
    site.server.shutdown()
    site.server.server_close()


def repository(site: Site) -> str:
    work = site.folder / "work"
    work.mkdir()
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    (work / "f").write_text("1")
    subprocess.run([*git, "add", "f"], check=True)
    subprocess.run([*git, "commit", "-qm", "1"], check=True)
    subprocess.run([*git, "update-server-info"], check=True)
    return f"{site.url}/work/.git"


def test_a_repository_is_cloned_with_the_password_of_a_secret(site: Site, tmp_path: Path) -> None:
    cloned = {"name": "a", "path": "/tmp/a", "git": {"repo": repository(site), **LOGIN}}
    printed = ran(tmp_path, "cat /tmp/a/f /tmp/a/.git/config; env", [cloned])
    assert printed.startswith("1[core]")
    assert "pa ss" not in printed
    assert "credential" not in printed


def test_a_repository_gives_nothing_for_a_wrong_password(site: Site, tmp_path: Path) -> None:
    cloned = {"name": "a", "path": "/tmp/a", "git": {"repo": repository(site), **LOGIN}}
    message = ran(tmp_path, "cat /tmp/a/f", [cloned], secrets={"login": {"user": "ann", "password": "no"}})
    assert "Authentication failed" in message


def test_an_output_is_sent_to_its_address(site: Site, tmp_path: Path) -> None:
    whole = {"name": "a", "path": "/tmp/d", "http": {"url": f"{site.url}/a.tgz", "auth": {"basicAuth": LOGIN}}}
    bare = {"name": "b", "path": "/tmp/d/f", "archive": {"none": {}}}
    zipped = {"name": "c", "path": "/tmp/d", "archive": {"zip": {}}}
    outputs = [
        whole,
        {**bare, "artifactory": {"url": f"{site.url}/b", **LOGIN}},
        {**zipped, "http": {"url": f"{site.url}/moved/c.zip", "auth": {"basicAuth": LOGIN}}},
    ]
    assert ran(tmp_path, "mkdir -p /tmp/d && printf text > /tmp/d/f", outputs=outputs) == ""
    with tarfile.open(fileobj=io.BytesIO(site.sent["/a.tgz"])) as tar:
        assert tar.getnames() == ["d", "d/f"]
    assert site.sent["/b"] == b"text"
    with zipfile.ZipFile(io.BytesIO(site.sent["/c.zip"])) as packed:
        assert packed.namelist() == ["d/f"]


def test_an_output_that_is_not_taken_ends_the_step(site: Site, tmp_path: Path) -> None:
    url = f"{site.url}/a"
    output = {"name": "a", "path": "/tmp/a", "archive": {"none": {}}, "http": {"url": url}}
    reason = f"open /tmp/a: saving file a to {url} failed with reason: 401 Unauthorized; "
    assert ran(tmp_path, "echo > /tmp/a", outputs=[output]) == f"wait: Error (exit code 64): {reason}"
    to_git = {"name": "a", "path": "/tmp/a", "git": {"repo": url}}
    reason = "open /tmp/a: git output artifacts unsupported; "
    assert ran(tmp_path, "echo > /tmp/a", outputs=[to_git]) == f"wait: Error (exit code 64): {reason}"


def test_a_zip_is_written_and_read_where_it_is_asked_for(tmp_path: Path) -> None:
    stored = {"s3": {"bucket": "b", "key": "a.zip"}, "archive": {"zip": {}}}
    script = "mkdir -p /tmp/d/e && echo 1 > /tmp/d/f && echo 2 > /tmp/d/e/g"
    assert ran(tmp_path, script, outputs=[{"name": "a", "path": "/tmp/d", **stored}]) == ""
    assert zipfile.is_zipfile(tmp_path / "objects/b/a.zip")
    assert ran(tmp_path, "cat /tmp/x/f /tmp/x/e/g", [{"name": "a", "path": "/tmp/x", **stored}]) == "1\n2"
    as_it_is = {"name": "a", "path": "/tmp/x", "s3": stored["s3"]}
    assert ran(tmp_path, "head -c 2 /tmp/x", [as_it_is]) == "PK"  # which Argo does not detect


@pytest.mark.parametrize("name", ["../out", "/../../out"])
def test_a_zip_that_leads_out_is_not_unpacked(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(name, "text")
    with pytest.raises(OSError, match="Illegal file path"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in" / "a", "zip")
    assert list((tmp_path / "in").iterdir()) == []


def test_what_is_no_zip_cannot_be_unpacked(tmp_path: Path) -> None:
    place = tmp_path / "objects/default/a"
    place.parent.mkdir(parents=True)
    place.write_text("text")
    artifact = {"name": "a", "path": "/tmp/a", "s3": {"key": "a"}, "archive": {"zip": {}}}
    message = (
        "init: Error (exit code 64): artifact a failed to load: fetched cannot be unpacked: File is not a zip file"
    )
    assert ran(tmp_path, "true", [artifact]) == message
