"""Credentials in base64, and the values of a Secret, are found and hidden too."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from dac.load import credential_findings, project_of
from made_credentials import CORPUS, CREDENTIALS, HEAD, assert_hidden

ENCODED = {
    "plain": base64.b64encode,
    "for addresses": base64.urlsafe_b64encode,
    "unpadded": lambda data: base64.b64encode(data).rstrip(b"="),
    "behind a line": lambda data: base64.b64encode(b"user=robot\n" + data + b"\n"),
    "twice": lambda data: base64.b64encode(base64.b64encode(data)),
    "UTF-16": lambda data: base64.b64encode(data.decode().encode("utf-16-le")),
    "behind a path": lambda data: b"a/bc/" + base64.b64encode(data),
    "in lines": lambda data: base64.encodebytes(b"# the key of the robot that publishes\n" + data + b"\n" + data),
}


@pytest.mark.parametrize("form", list(ENCODED))
@pytest.mark.parametrize("what", list(CORPUS))
def test_base64_hides_none(what: str, form: str) -> None:
    text, secret = CORPUS[what]
    encoded = ENCODED[form](text.encode()).decode().strip()
    block = encoded.replace("\n", "\n        ")
    data = (HEAD + f"    source: s3://docs/m.jsonl\n    note: |\n        {block}\n").encode()
    project, findings = project_of("p", data, "projects/p/decisions.yaml", CREDENTIALS)
    exposed = [finding for finding in findings if finding.code == "credential.found"]
    assert [(f"{what} in base64" in finding.message, finding.location.line) for finding in exposed] == [(True, 8)], form
    assert_hidden(repr(project) + repr(findings), secret, what)
    assert_hidden(repr(project) + repr(findings), encoded, what)


SIGN_IN = base64.b64encode(b"robot:hunter").decode()


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Basic {SIGN_IN}",
        f'curl -H "authorization: basic {SIGN_IN}" https://example.com',
        f'{{"auths": {{"registry.example.com": {{"auth": "{SIGN_IN}"}}}}}}',
        f"//registry.example.com/:_auth={SIGN_IN}",
    ],
)
def test_a_name_and_a_password_in_base64(text: str) -> None:
    (credential,) = CREDENTIALS.find(text)
    assert CREDENTIALS.describe(text, credential) == f"a user's name and password in base64 ({len(SIGN_IN)} characters)"
    assert_hidden(CREDENTIALS.redact(text), SIGN_IN, text)


@pytest.mark.parametrize(
    "manifest",
    [
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  user: {0}\n  other: {0}\n",
        "kind: Secret # mine\nstringData: # two\n\n  a: {0}\n  b: '{0}'\ntype: Opaque\n",
        "data:\r\n  a: {0}\r\n  b: >-\r\n    {0}\r\nkind: Secret\r\n",
        "kind: ConfigMap\ndata:\n  a: visible\n---\nkind: 'Secret'\ndata: {{a: {0}, b: {0}}}\n",
        '{{"kind": "Secret", "data": {{"a": "{0}", "b": "{0}"}}, "type": "Opaque"}}',
        "items:\n- kind: Secret\n  data:\n    a: {0}\n    b: {0}\n  type: Opaque\n",
    ],
)
@pytest.mark.parametrize("value", [b"hunter", b"correct horse battery", bytes(range(32))])
def test_each_value_of_a_secret_is_one(value: bytes, manifest: str, tmp_path: Path) -> None:
    encoded = base64.b64encode(value).decode()
    (tmp_path / "secret.yaml").write_bytes(manifest.format(encoded).encode())
    findings = credential_findings(tmp_path, ["secret.yaml"], CREDENTIALS)
    assert [finding.message.startswith("here is a value of a Secret (") for finding in findings] == [True, True]
    assert_hidden(CREDENTIALS.redact(manifest.format(encoded)), encoded, manifest)


def test_no_base64_hides_behind_an_escape_that_breaks_another() -> None:
    """As many are found without the escape as with it; they are others."""
    first, second = CORPUS["a GitHub token"][0], CORPUS["a GitLab token"][0]
    data = (HEAD + f'    source: "\\x41{first} \\x67{second[1:]}"\n').encode()
    assert project_of("p", data, "f", CREDENTIALS)[0] is None
