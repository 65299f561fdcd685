"""Slack and MLflow: what an answer, or none, means for the step."""

import http.server
import threading
from types import SimpleNamespace

import orjson
import pytest
from mlflow.exceptions import MlflowException
from runtime import notify, registry, webhook
from runtime.errors import InputError, TryAgain


@pytest.mark.parametrize("webhook", ["", "http://127.0.0.1:9/hook", "not a URL", "http://a b/"])
def test_slack_never_fails_a_step(webhook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK", webhook)
    assert notify.slack("text") is False


@pytest.mark.parametrize(
    ("model", "right", "allowed"),
    [
        ("search.docs", "annotate", True),
        ("search.docs", "promote", True),
        ("search.train", "annotate", True),
        ("search.train", "promote", False),
        ("search.frozen", "annotate", False),
        ("search.FROZEN", "annotate", False),
        ("search.Docs", "annotate", False),
        ("search.DOCS", "promote", False),
        ("search.", "annotate", False),
        ("search", "annotate", False),
        ("Search.docs", "annotate", False),
        ("searches.docs", "annotate", False),
        ("docs-assistant", "annotate", True),
        ("docs-assistant", "promote", False),
        ("Docs-Assistant", "annotate", False),
    ],
)
def test_who_may_change_a_registered_model(model: str, right: str, allowed: bool) -> None:
    """Other letters are another model to us, and to some registries the very one that a list freezes."""
    listed = {"docs-assistant": {"promote": [], "annotate": ["search/docs"]}, "search.frozen": {"annotate": []}}
    assert registry.may_change("search", "docs", model, right, listed) is allowed


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RESOURCE_DOES_NOT_EXIST", InputError),
        ("PERMISSION_DENIED", InputError),
        ("TEMPORARILY_UNAVAILABLE", TryAgain),
        ("INTERNAL_ERROR", TryAgain),
    ],
)
def test_a_refusal_of_mlflow_is_final_and_a_failure_is_tried_again(code: str, kind: type[Exception]) -> None:
    from mlflow.protos.databricks_pb2 import ErrorCode

    with pytest.raises(kind, match="the model registry says: no"), registry.reaching("http://mlflow"):
        raise MlflowException("no", error_code=ErrorCode.Value(code))


def test_a_registry_without_an_address_is_a_wrong_input() -> None:
    with pytest.raises(InputError, match="MLFLOW: no address"):
        registry.client("")


@pytest.mark.parametrize("source", ["file:///etc", "/var/run/secrets", "http://models/x", "org/model", "", "s3:/x"])
def test_a_registered_model_lies_at_an_s3_address(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = SimpleNamespace(source=source)
    moved: list[str] = []
    mlflow = SimpleNamespace(
        get_model_version_by_alias=lambda name, alias: version,
        get_model_version=lambda name, number: version,
        set_model_version_tag=lambda *_: moved.append("tag"),
        set_registered_model_alias=lambda *_: moved.append("alias"),
    )
    monkeypatch.setattr(registry, "client", lambda address: mlflow)
    with pytest.raises(InputError, match="lie at an s3:// address"):
        registry.register("http://mlflow", "p.q", source, "u1", {}, "")
    with pytest.raises(InputError, match="lie at an s3:// address"):
        registry.version_by_alias("http://mlflow", "p.q", "candidate")
    with pytest.raises(InputError, match="lie at an s3:// address"):
        registry.annotate("http://mlflow", "p.q", "1", {"tag": "value"}, "champion")
    assert not moved


def test_slack_shows_every_field_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("SLACK", f"http://127.0.0.1:{server.server_address[1]}/hook")
    assert notify.slack('p/q: <!channel> see <http://evil|the receipt> &amp; "a"')
    server.server_close()
    assert orjson.loads(bodies[0])["text"] == (
        'p/q: &lt;!channel&gt; see &lt;http://evil|the receipt&gt; &amp;amp; "a"'
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_is_not_taken_for_a_delivery(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to another host, which would get the headers too, nor to the same one."""
    reached: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reached.append(self.path)
            self.send_response(status)
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/other")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        assert webhook.send(url, b"{}", {"Authorization": "Bearer t0ken"}, 5).status == status
        monkeypatch.setenv("SLACK", url)
        assert notify.slack("text") is False
        server.shutdown()
    assert reached == ["/hook", "/hook"]
