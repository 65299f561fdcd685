"""A credential is named wherever it stands below projects/, and is printed nowhere, whatever else is wrong with it."""

from __future__ import annotations

import base64
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from dac.cli._findings import FORMATS
from dac.load import credential_findings, project_of
from made_credentials import CORPUS, CREDENTIALS, HEAD, ROOT, assert_hidden

Dac = Callable[..., CompletedProcess[str]]
RANDOM = random.Random(15)
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


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\ufe0f", "\U000e0041", "\u180e"]
)
@pytest.mark.parametrize(
    "what", ["a private key", "a GitHub token", "the hash of a password", "what password is set to"]
)
def test_what_nobody_sees_hides_none(what: str, sign: str, tmp_path: Path) -> None:
    """A page shows the whole credential, which a copy of the text without such signs is."""
    text, secret = CORPUS[what]
    (tmp_path / "notes.txt").write_text("notes\n" + "".join(letter + sign for letter in text))
    findings = credential_findings(tmp_path, ["notes.txt"], CREDENTIALS)
    assert [(finding.code, finding.location.line) for finding in findings] == [("credential.found", 2)]
    assert f"here is {what}" in findings[0].message
    assert_hidden(repr(findings), secret, what)


SALT, HASH = "Zx7" + "a" * 5, "Q1" * 27
COMMANDS = {
    f"curl -u me:{HASH[:9]} https://a.example.com": "a password of a curl command",
    f"curl -sS -X POST --user 'me:{HASH[:9]}' https://a.example.com": "a password of a curl command",
    f'curl "https://a.example.com" --user="me:{HASH[:9]}"': "a password of a curl command",
    f"curl -x http://proxy -U me:{HASH[:9]} a.example.com": "a password of a curl command",
    f"curl --proxy-user me:{HASH[:9]} a.example.com": "a password of a curl command",
    f"curl -ume:{HASH[:9]} a.example.com": "a password of a curl command",
    "passphrase: correct-horse-battery-staple": "a passphrase",
    'ssh_passphrase = "correct horse battery staple"': "a passphrase",
    "PASSPHRASE='correct horse battery staple'": "a passphrase",
    f"me:$2y$05${HASH[:53]}": "the hash of a password",
    f"htpasswd: $2a$10${HASH[:53]}": "the hash of a password",
    f"me:$apr1${SALT}${HASH[:22]}": "the hash of a password",
    f"root:$6${SALT}${HASH}{HASH[:32]}:19000:0:99999:7:::": "the hash of a password",
    f"root:$6$rounds=5000${SALT}${HASH}{HASH[:32]}": "the hash of a password",
    f"root:$5${SALT}${HASH[:43]}": "the hash of a password",
    f"root:$1${SALT}${HASH[:22]}": "the hash of a password",
    f"root:$y$j9T${SALT}${HASH[:43]}": "the hash of a password",
    f"root:$argon2id$v=19$m=65536,t=3,p=4${SALT}${HASH[:43]}": "the hash of a password",
    f"me:{{SHA}}{HASH[:27]}=": "the hash of a password",
    f"userPassword: {{SSHA}}{HASH[:32]}": "the hash of a password",
    f"pbkdf2_sha256$260000${SALT}${HASH[:43]}=": "the hash of a password",
    f"scrypt:32768:8:1${SALT}${HASH}": "the hash of a password",
    f"SCRAM-SHA-256$4096:{HASH[:22]}==${HASH[:43]}=:{HASH[:43]}=": "the hash of a password",
    f"CREATE ROLE me PASSWORD 'md5{HASH[:9].lower().replace('q', 'a') * 3}abcd1'": "the hash of a password",
    f"IDENTIFIED BY PASSWORD '*{'0A1B2C3D' * 5}'": "the hash of a password",
    f"me:1001:{'0a' * 16}:{'1b' * 16}:::": "the hash of a password",
    f"userPassword: {{CRYPT}}{SALT}{HASH[:8]}": "the hash of a password",
}
DES = "rqXexS6ZhobKA"  # by crypt(3), which knows no more than eight characters of a password
PASSWORD_FILES = [f"me:{DES}", f"a: b\nme:{DES}\nyou:x", f"root:{DES}:19000:0:99999:7:::", f"  - 'me.you@x:{DES}'"]


@pytest.mark.parametrize("text", PASSWORD_FILES)
def test_a_hash_without_a_mark_is_known_by_its_line(text: str) -> None:
    assert [credential.what for credential in CREDENTIALS.find(text)] == ["the hash of a password"]
    assert DES[3:] not in CREDENTIALS.redact(text)


@pytest.mark.parametrize("text", list(COMMANDS))
def test_passwords_as_people_write_them(text: str) -> None:
    assert COMMANDS[text] in [credential.what for credential in CREDENTIALS.find(text)]
    assert HASH[:9] not in CREDENTIALS.redact(text)


def test_a_private_key_is_hidden_to_its_end() -> None:
    body = "\n".join(base64.b64encode(RANDOM.randbytes(48)).decode() for _ in range(9))
    text = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nafter"
    shown = CREDENTIALS.redact(text)
    assert shown.endswith("\nafter")
    assert shown.count("\n") == text.count("\n")
    for line in body.split("\n"):
        assert_hidden(shown, line, "a line of the key")


def test_what_is_too_large_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(b"x" * (4 * 2**20 + 1))
    (finding,) = credential_findings(tmp_path, ["big.bin"], CREDENTIALS)
    assert (finding.code, finding.severity) == ("credential.too_large", "error")
    assert finding.message == '"big.bin" is larger than 4 MiB, so its end was not searched for credentials'
