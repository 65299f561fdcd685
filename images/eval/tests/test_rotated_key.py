"""A key that is rotated under a program: it goes on with the new one, on a real S3 server (versitygw)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError
from conftest import BUILD
from runtime import addresses, objects
from runtime.errors import InputError, TryAgain
from servers import port, server

ROOT_KEY = ("root", "root-secret")


class Gateway:
    """A server with accounts, whose keys come and go."""

    def __init__(self, program: str, address: str) -> None:
        self.address = address
        self._admin = [program, "admin", "--access", ROOT_KEY[0], "--secret", ROOT_KEY[1], "--endpoint-url", address]

    def admin(self, *words: str) -> None:
        subprocess.run([*self._admin, *words], check=True, capture_output=True)

    def make(self, key: str) -> None:
        self.admin("create-user", "--access", key, "--secret", f"{key}-secret", "--role", "admin")

    def revoke(self, key: str) -> None:
        self.admin("delete-user", "--access", key)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    built = subprocess.run([BUILD, "versitygw"], capture_output=True, text=True, check=True).stdout.strip()
    for folder in ("data/kept", "iam"):
        (tmp_path / folder).mkdir(parents=True)
    root = ["--access", ROOT_KEY[0], "--secret", ROOT_KEY[1]]
    command = [f"{built}/versitygw", *root, "--iam-dir", str(tmp_path / "iam")]
    place = f"127.0.0.1:{port()}"
    command += ["--port", place, "--health", "/health", "posix", str(tmp_path / "data")]
    with server(command, f"http://{place}", "/health", tmp_path) as address:
        yield Gateway(f"{built}/versitygw", address)


@pytest.fixture
def secret(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that a pod has mounted; it holds the first key."""
    file = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("OBJECTS", gateway.address)
    gateway.make("first")
    mount(file, "first")
    return file


def mount(file: Path, key: str) -> None:
    """Replace a file as kubelet does a Secret's."""
    beside = file.with_suffix(".new")
    beside.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {key}-secret\n")
    os.replace(beside, file)


def test_a_program_goes_on_with_the_new_key(gateway: Gateway, secret: Path) -> None:
    objects.write("s3://kept/before", b"1")
    gateway.make("second")
    mount(secret, "second")
    gateway.revoke("first")
    objects.write("s3://kept/after", b"2")
    assert (objects.read("s3://kept/before"), objects.read("s3://kept/after")) == (b"1", b"2")


def test_a_revoked_key_is_refused_for_good(gateway: Gateway, secret: Path) -> None:
    gateway.revoke("first")
    with pytest.raises(InputError, match="refuses our credentials"):
        objects.write("s3://kept/never", b"")


def test_a_request_that_the_rotation_overtook_is_tried_again(gateway: Gateway, secret: Path) -> None:
    """The new key came while a request with the old one was under way: the pod is started again, and has it."""
    gateway.make("second")

    def overtaken() -> None:
        with addresses.reaching("s3://kept/x", "read"):
            mount(secret, "second")
            raise PermissionError("InvalidAccessKeyId")

    with pytest.raises(TryAgain, match="its key was rotated meanwhile"):
        overtaken()


def test_a_key_that_is_not_there_says_where_it_comes_from() -> None:
    """The Secret may be back at the next try: an identity's server answers late, too."""
    reason = "Unable to locate credentials: the Secret `objects` of this namespace has no"
    with pytest.raises(TryAgain, match=reason), addresses.reaching("s3://kept/a", "read"):
        raise NoCredentialsError
