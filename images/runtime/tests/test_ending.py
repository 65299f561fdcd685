"""A failed run is reported before anything else, whatever does not answer, in a message that fits."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runtime import ending, failures, notify, objects, receipt, settings
from runtime.errors import TryAgain

SERVED = {"what": "index 1a2b3c4d5e6f", "since": "2026-11-27T02:29:10Z", "run": "search-1"}


class Taker(http.server.BaseHTTPRequestHandler):
    """A server that takes every message, or refuses it."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.messages.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def taker(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server of Slack's, the webhook's and Alertmanager's; `messages` are what it was sent."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.messages, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("SLACK", f"{address}/slack")
    monkeypatch.setenv("ALERTS_WEBHOOK", f"{address}/hook")
    monkeypatch.setenv("ALERTMANAGER", f"{address}/")
    monkeypatch.setenv("STATUS", "Failed")
    monkeypatch.setenv("STEP", "finish")
    monkeypatch.delenv("FAILED", raising=False)
    yield server
    server.shutdown()
    server.server_close()


def engines_list(shards: int, tries: int) -> str:
    """Return `workflow.failures` of a fan-out in which every shard failed at every try, as Argo writes it."""
    nodes = [
        {
            "displayName": f"embed({shard}:{shard})({attempt})",
            "message": 'Error (exit code 75): "https://qdrant.example.com" \u2013 refused\n',
            "templateName": "embed",
            "phase": "Failed",
            "podName": f"search-1-embed-{shard}{attempt}",
            "finishedAt": "2026-11-28T02:30:00Z",
        }
        for shard in range(shards)
        for attempt in range(tries)
    ]
    return json.dumps(json.dumps(nodes), ensure_ascii=False)


def test_a_message_says_all_and_reaches_every_place(taker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY", "#docs")
    run = settings.run()
    receipt.leave_tail("embed-3", 75)
    assert ending.tell(run, lambda: SERVED)
    slack, hook, alert = (body for _, body in taker.messages)
    assert [path for path, _ in taker.messages] == ["/slack", "/hook", "/api/v2/alerts"]
    assert slack["channel"] == "#docs"
    for part in (
        "team/search: run search-1 failed in embed-3 with exit code 75",
        "still served: index 1a2b3c4d5e6f since 2026-11-27T02:29:10Z",
        "dac status --cluster team/search",
        "dac logs --cluster team/search-1",
    ):
        assert part in hook["text"]
    assert hook["text"] == alert[0]["annotations"]["description"]
    assert (hook["exit_code"], hook["served"], hook["event"]) == (75, hook["served"], "run_failed")
    assert alert[0]["labels"]["alertname"] == "DacRunFailed"
    assert ending.tell(run, lambda: SERVED), "a second try of the exit handler tells nobody again"
    assert len(taker.messages) == 3


@pytest.mark.parametrize(("shards", "tries"), [(1, 1), (100, 5), (300, 5), (1000, 5)])
def test_what_a_large_fan_out_leaves_fits_into_a_variable_and_a_message(
    taker: Any, monkeypatch: pytest.MonkeyPatch, shards: int, tries: int
) -> None:
    whole = engines_list(shards, tries)
    cut = whole.encode()[:16000].decode(errors="replace")
    monkeypatch.setenv("FAILURES", cut)
    monkeypatch.setenv("FAILED", str(shards * tries))
    assert ending.tell(settings.run(), lambda: None)
    text = taker.messages[1][1]["text"]
    assert len(text.encode()) <= notify.LONGEST
    assert text.startswith("team/search: run search-1 failed in embed(0:0)(0) with exit code 75: Error (exit code 75)")
    assert (f"{shards * tries} nodes failed" in text) is (shards * tries > 1)
    assert taker.messages[1][1]["failed_nodes"] == shards * tries


@pytest.mark.parametrize("cut", range(0, 700, 7))
def test_a_list_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    text = engines_list(3, 1)[:cut]
    listed = failures.listed({"FAILURES": text})
    assert len(listed) <= 3
    if cut > 400:
        assert listed[0]["step"] == "embed(0:0)(0)"


@pytest.mark.parametrize(
    "text", ["", "null", '"null"', "[]", '"[]"', "{{workflow.failures}}", '"[7, null]"', "nonsense"]
)
def test_a_list_of_nothing_or_of_nonsense_ends_nothing(taker: Any, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FAILURES", text)
    assert ending.tell(settings.run(), lambda: None)
    assert len(taker.messages) == 3


def test_the_message_needs_no_object_store(taker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_PATIENCE", 0.2)
    monkeypatch.setattr(objects, "exists", lambda _address: time.sleep(30))
    began = time.monotonic()
    assert ending.tell(settings.run(), lambda: SERVED)
    assert time.monotonic() - began < 10
    assert "still served: not known" in taker.messages[0][1]["text"]

    def refused(_address: str) -> bool:
        raise TryAgain("s3://artifacts: 503")

    monkeypatch.setattr(objects, "exists", refused)
    assert ending.tell(settings.run(), lambda: SERVED)
    assert len(taker.messages) == 6


def test_what_nobody_took_fails_the_step_so_that_it_is_tried_again(taker: Any) -> None:
    taker.status = 500
    delivered = ending.tell(settings.run(), lambda: None)
    assert delivered is False
    with pytest.raises(TryAgain, match="nobody could be told"):
        ending.check_delivered(delivered)
    taker.status = 200
    assert ending.tell(settings.run(), lambda: None), "the next try tells them"
    ending.check_delivered(True)


def test_a_run_that_succeeded_tells_of_no_failure(taker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATUS", "Succeeded")
    assert ending.tell(settings.run(), lambda: SERVED)
    assert taker.messages == []


def test_without_an_address_it_is_logged_that_nobody_hears(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ALERTS_WEBHOOK", "ALERTMANAGER"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("STATUS", "Error")
    assert ending.tell(settings.run(), lambda: None)
    assert "nobody hears of it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "failures", "cost", "figures"),
    [
        ("Succeeded", [], {}, ("0", "0", "0")),
        ("Succeeded", [{"step": "embed", "exit_code": 75}], {}, ("0", "0", "0")),  # a later try went well
        ("Failed", [{"step": "a", "exit_code": 65}, {"step": "b", "exit_code": 75}], {}, ("65", "0", "0")),
        ("Failed", [{"step": "a", "message": "OOMKilled (exit code 137)"}], {}, ("137", "0", "0")),
        ("Error", [{"step": "a", "message": "Pod was deleted"}], {}, ("unknown", "0", "0")),
        ("Error", [], {}, ("unknown", "0", "0")),
        ("Succeeded", [], {"predicted": 2.5, "actual": 1.25}, ("0", "1.25", "0")),
        ("Succeeded", [], {"predicted": None, "actual": None}, ("0", "0", "0")),
        ("Succeeded", [], {"gpu_hours": 0.125, "gpu_hours_planned": 8.0}, ("0", "0", "0.125")),
        ("Succeeded", [], {"actual": 1e-7}, ("0", "1e-07", "0")),
    ],
)
def test_what_metrics_count_stands_beside_the_report(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    status: str,
    failures: list[dict[str, Any]],
    cost: dict[str, float | None],
    figures: tuple[str, str, str],
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path / "out/report.json"))
    monkeypatch.setenv("TEMPLATE_CONTENT", "sha256:1")
    monkeypatch.setattr(receipt, "write", lambda run, value: "s3://there")
    value = {"status": status, "failures": failures, "verdicts": {}, "cost": cost}
    ending.report(settings.run(), value, SERVED)
    names = ("exit_code", "dollars", "gpu_hours")
    assert tuple((tmp_path / "out" / name).read_text() for name in names) == figures
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["cost"] == cost
    assert report["template_content"] == "sha256:1", "`dac release` asks a cluster's runs for it"
