"""A credential is named wherever it stands below projects/, and is printed nowhere, whatever else is wrong with it."""

from __future__ import annotations

import base64
import json
import random
import shutil
import string
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from dac.cli._findings import FORMATS
from dac.load import credential_findings, load_credentials, project_of

Dac = Callable[..., "CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
CREDENTIALS = load_credentials(ROOT)
WORD = string.ascii_letters + string.digits
SEED = random.Random(14)


def some(count: int, signs: str = WORD) -> str:
    return "".join(SEED.choice(signs) for _ in range(count))


# Made here, so that no scanner takes this file for a leak: kind -> the credential, and the part that none may see.
CORPUS: dict[str, tuple[str, str]] = {
    what: (before + secret + after, secret)
    for what, before, secret, after in [
        ("an Anthropic key", "sk-ant-", some(90), ""),
        ("an AWS access key id", "AKIA", some(16, string.ascii_uppercase + string.digits), ""),
        ("an Azure storage key", "AccountKey=", some(86) + "==", ""),
        ("a GitHub token", "ghp_", some(36), ""),
        ("a GitLab token", "glpat-", some(20), ""),
        ("a Google API key", "AIza", some(35), ""),
        ("a Hugging Face token", "hf_", some(34), ""),
        ("a JSON web token", "eyJ", f"{some(33)}.{some(60)}.{some(43)}", ""),
        ("an OpenAI key", "sk-proj-", some(48), ""),
        ("an address with a password in it", "https://user:", some(18), "@host.example.com/x"),
        ("a private key", "-----BEGIN " + "PRIVATE KEY-----", some(64), "-----END " + "PRIVATE KEY-----"),
        ("a Slack token", "xoxb-", some(40), ""),
        (
            "the address of a Slack webhook",
            "https://hooks.slack.com/services/",
            f"T{some(9)}/B{some(9)}/{some(24)}",
            "",
        ),
        ("what password is set to", "password=", "9" + some(17), ""),
        ("what token is set to", "token: ", "9" + some(31, "0123456789abcdef"), ""),
        ("what access_key is set to", "aws_secret_access_key=", "7" + some(39), ""),
        ("what Bearer is set to", "Authorization: Bearer ", "7" + some(31), ""),
    ]
}
AROUND: dict[str, str] = {  # where it stands: file below the project -> what is written around it
    "a comment": "decisions.yaml:# {}",
    "a decision that is refused": 'decisions.yaml:    source: "{}"',
    "a key": 'decisions.yaml:    "{}": x',
    "a tag": "decisions.yaml:    source: !<{}> x",
    "a line that is not YAML": "decisions.yaml:  - {} [",
    "a file beside": "notes.txt:see {}",
    "a hidden file": ".env:{}",
    "a rendered file": "rendered/pipelines/x.yaml:value: '{}'",
    "JSON": 'x.json:{{"a": "{}"}}',
}
HEAD = "owner: team-docs\npipelines:\n  a:\n    standard: index@v1\n    size: small\n"


def assert_hidden(shown: str, secret: str, about: str) -> None:
    """No eight characters of the secret in a row are shown."""
    for start in range(len(secret) - 7):
        assert secret[start : start + 8] not in shown, about


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tree with a project for each kind of credential in each place."""
    folder = tmp_path_factory.mktemp("credentials") / "tree"
    shutil.copytree(ROOT / "tests/cases/tree", folder)
    shutil.copy(ROOT / "standards/catalog/secrets.yaml", folder / "standards/catalog")
    for number, (text, _) in enumerate(CORPUS.values()):
        for index, place in enumerate(AROUND.values()):
            project = folder / f"projects/p{number}-{index}"
            project.mkdir()
            (project / "decisions.yaml").write_text(HEAD + "    source: s3://docs/m.jsonl\n")
            file, _, line = place.partition(":")
            (project / file).parent.mkdir(parents=True, exist_ok=True)
            (project / file).write_text((HEAD if file == "decisions.yaml" else "") + line.format(text) + "\n")
    (folder / "projects" / CORPUS["a GitHub token"][0]).mkdir()
    return folder


@pytest.mark.parametrize("form", list(FORMATS))
def test_no_format_shows_a_credential(form: str, tree: Path, dac: Dac) -> None:
    done = dac("check", "--format", form, cwd=tree)
    assert done.returncode == 1
    for what, (_, secret) in CORPUS.items():
        assert_hidden(done.stdout + done.stderr, secret, f"{what} in {form}")


def test_each_is_named_where_it_stands(tree: Path, dac: Dac) -> None:
    findings = json.loads(dac("check", "--format", "json", cwd=tree).stdout)["findings"]
    exposed = [finding for finding in findings if finding["code"] == "credential.found"]
    for number, what in enumerate(CORPUS):
        for index, place in enumerate(AROUND.values()):
            file = f"projects/p{number}-{index}/{place.partition(':')[0]}"
            line = 6 if file.endswith("decisions.yaml") else 1
            named = [f for f in exposed if f["file"] == file and what in f["message"]]
            assert named, f"{what} in {file}"
            assert named[0]["line"] == line
            assert named[0]["remedy"].startswith("revoke it")


@pytest.mark.parametrize("command", ["render", "check"])
def test_a_traceback_shows_none(command: str, tree: Path, tmp_path: Path, dac: Dac) -> None:
    """A standard of the tree is spoilt so that the tool fails in the middle, with what it has read in its hands."""
    shutil.copytree(tree, tmp_path / "tree")
    (tmp_path / "tree/policy/main/main.rego").write_text("package main\n\ndeny contains x if { x := input.projects }\n")
    done = dac(command, cwd=tmp_path / "tree", DAC_TRACEBACK="1")
    for what, (_, secret) in CORPUS.items():
        assert_hidden(done.stdout + done.stderr, secret, what)


@pytest.mark.parametrize("what", list(CORPUS))
def test_what_is_read_holds_none(what: str) -> None:
    text, secret = CORPUS[what]
    data = (HEAD + f'    source: "{text}"\n    "{text}": x\n').encode()
    project, findings = project_of("p", data, "projects/p/decisions.yaml", CREDENTIALS)
    assert project
    assert_hidden(repr(project) + repr(findings), secret, what)
    # Nothing else moves: the other values stand where they are written.
    assert project.document.at(("pipelines", "a", "source")).line == 6


@pytest.mark.parametrize("what", list(CORPUS))
@pytest.mark.parametrize("escape", ["\\x{:02x}", "\\u{:04x}", "\\U{:08x}", "%{:02x}"])
def test_escapes_hide_none(what: str, escape: str) -> None:
    text, secret = CORPUS[what]
    written = "".join(escape.format(ord(sign)) for sign in text)
    data = (HEAD + f'    source: "{written}"\n').encode()
    project, findings = project_of("p", data, "projects/p/decisions.yaml", CREDENTIALS)
    assert project is None
    assert [finding.code for finding in findings] == ["credential.found"]
    assert_hidden(repr(findings), secret, what)


def test_a_line_that_goes_on_hides_none() -> None:
    text = CORPUS["a GitHub token"][0]
    data = (HEAD + f'    source: "{text[:9]}\\\n      {text[9:]}"\n').encode()
    assert project_of("p", data, "f", CREDENTIALS)[0] is None


def test_utf_16_hides_none(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CORPUS["a GitHub token"][0].encode("utf-16"))
    (finding,) = credential_findings(tmp_path, ["f"], CREDENTIALS)
    assert "a GitHub token" in finding.message


def test_a_private_key_is_hidden_to_its_end() -> None:
    body = "\n".join(base64.b64encode(SEED.randbytes(48)).decode() for _ in range(9))
    text = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nafter"
    shown = CREDENTIALS.redact(text)
    assert shown.endswith("\nafter")
    assert shown.count("\n") == text.count("\n")
    for line in body.split("\n"):
        assert_hidden(shown, line, "a line of the key")


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


def test_what_is_too_large_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(b"x" * (4 * 2**20 + 1))
    (finding,) = credential_findings(tmp_path, ["big.bin"], CREDENTIALS)
    assert (finding.code, finding.severity) == ("credential.too_large", "error")
    assert finding.message == '"big.bin" is larger than 4 MiB, so its end was not searched for credentials'


@pytest.mark.parametrize(
    "text",
    [
        "secretName: deploy-repository-token-2",
        "token: {{workflow.parameters.token-2024-11}}",
        "token: $(DEPLOY_TOKEN_2024_11)",
        "password: /var/run/secrets/store/password-1",
        "api_key: https://example.com/docs/keys/2024-11-28",
        "max_tokens: 4096, tokens: 300",
        "token: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "secret: model-judge-v1/token-3",
        "https://user@host.example.com:8080/a@b",
        "digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit: 692bccef635cbd692bccef635cbd692bccef635c",
        "a risk-free way, task-by-task",
        "Basic understanding of authentication, a basic knowledge",
        "auth: enabled-for-everyone",
        f"Basic {base64.b64encode(SEED.randbytes(12)).decode()}",
        f"an embedding {base64.b64encode(SEED.randbytes(3072)).decode()}",
        f"sha512-{base64.b64encode(SEED.randbytes(64)).decode()}",
        "h1:" + base64.b64encode(SEED.randbytes(32)).decode(),
        base64.encodebytes(
            b"The token and the password are given to the pod by a Secret of its namespace. " * 9
        ).decode(),
        "kind: ExternalSecret\ndata:\n- secretKey: a\n  remoteRef: {key: some-name}\n",
        "kind: ConfigMap\ndata:\n  a: visible\n---\nkind: Secret\nmetadata: {name: visible}\ntype: Opaque\n",
        "kind: Secret\nstringData:\n  a: ${FROM_THE_STORE}\n  b: {{ .Values.password }}\n",
    ],
)
def test_what_is_none(text: str) -> None:
    assert CREDENTIALS.find(text) == []


def test_a_long_text_takes_no_long_time() -> None:
    """Patterns that would go over a text again from each of its places take minutes here."""
    for part in ("://a:", "eyJ", "sk-", "token=", "-----BEGIN PRIVATE KEY", "password:\n", "AccountKey=", "9a",
                 "Ab/+", "auth=", "basic Ab", "kind: Secret\n", "kind: Secret\ndata:\n", "data: {a: ",
                 "ABCDEFGHIJKLMNOPQr\n", "kind: Secret\n---\n"):  # fmt: skip
        CREDENTIALS.find(part * (2**20 // len(part)))
    deep = "kind: Secret\n" + "".join(" " * depth + "data:\n" for depth in range(1000))
    CREDENTIALS.find(deep)
