"""A real S3 server behind a wire that breaks, and one that is gone: the run is right in the end, or is tried again."""

from __future__ import annotations

import contextlib
import errno
import shutil
from pathlib import Path

import pytest
import servers
from botocore.exceptions import ClientError, EndpointConnectionError
from in_process import models, quick
from proxy import proxied
from runtime import addresses, objects
from runtime.errors import TryAgain
from world import World, difference, prose

CUTS = [4_000, 12_000, 7_000, 30_000, 15_000, 9_000]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Return the server's keys, as a pod has them from its Secret."""
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = tests\naws_secret_access_key = tests\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("keys")
def test_an_s3_server_that_drops_connections_half_way_leaves_the_index_right(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(quick(waits=True))
        world = World(tmp_path / "world")
        buckets = tmp_path / "buckets"
        for bucket in ("docs", "artifacts"):
            (buckets / bucket).mkdir(parents=True)
        shutil.copytree(models(), buckets / "models")
        port = stack.enter_context(servers.s3(tmp_path, buckets))
        wire = stack.enter_context(proxied(port, CUTS))
        world.settings["OBJECTS"] = f"http://127.0.0.1:{wire.port}"
        for number in range(6):
            world.put(f"doc-{number}", prose(number, 10 + 12 * number))
        for revision in "aab":
            world.model(revision)
            world.put("doc-3", prose(ord(revision) + world.runs, 30))
            world.export()
            assert world.attempt() is None
            assert difference(world.index(), world.expected()) == ""
        with capfd.disabled():
            print(f"\nS3: {wire.cuts} connections cut during {world.runs} runs")
        assert wire.cuts == len(CUTS)


@pytest.mark.usefixtures("keys")
def test_no_more_is_read_of_an_object_than_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "buckets/docs").mkdir(parents=True)
    with servers.s3(tmp_path, tmp_path / "buckets") as port:
        monkeypatch.setenv("OBJECTS", f"http://127.0.0.1:{port}")
        for content in (b"", b"1", b"12345"):
            objects.write("s3://docs/x", content)
            assert [objects.read("s3://docs/x", most) for most in (1, 4, 9)] == [content[:1], content[:4], content]
            assert objects.read("s3://docs/x") == content
        with pytest.raises(addresses.NotFound):
            objects.read("s3://docs/none", 4)


@pytest.mark.usefixtures("keys")
def test_an_s3_server_that_is_gone_is_a_reason_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_ATTEMPTS", 1)
    monkeypatch.setenv("OBJECTS", "http://127.0.0.1:9")
    addresses.locate("s3://docs/x")[0].retries = 1
    with pytest.raises(TryAgain, match=r"manifest.jsonl: cannot be read: Could not connect to the endpoint URL"):
        objects.read("s3://docs/manifest.jsonl")


def server_error(code: str) -> OSError:
    """Return what s3fs makes of a server's answer of that code."""
    from s3fs.errors import translate_boto_error

    return translate_boto_error(ClientError({"Error": {"Code": code, "Message": code}}, "GetObject"))


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), True),
        (ConnectionResetError("reset"), True),
        (server_error("SlowDown"), True),
        (server_error("ServiceUnavailable"), True),
        (server_error("InternalError"), True),
        (server_error("RequestTimeout"), True),
        (server_error("AccessDenied"), False),
        (server_error("NoSuchBucket"), False),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (ValueError("a defect"), False),
    ],
    ids=repr,
)
def test_what_may_pass_is_told_from_what_will_not(error: Exception, passes: bool) -> None:
    assert addresses.is_transient(error) is passes
