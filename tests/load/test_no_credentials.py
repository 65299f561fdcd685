"""What looks like a credential and is none, and long texts, which take no long time."""

from __future__ import annotations

import base64
import random

import pytest
from made_credentials import CREDENTIALS

RANDOM = random.Random(15)
DES = "rqXexS6ZhobKA"  # by crypt(3), which knows no more than eight characters of a password


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
        f"Basic {base64.b64encode(RANDOM.randbytes(12)).decode()}",
        f"an embedding {base64.b64encode(RANDOM.randbytes(3072)).decode()}",
        f"sha512-{base64.b64encode(RANDOM.randbytes(64)).decode()}",
        "h1:" + base64.b64encode(RANDOM.randbytes(32)).decode(),
        base64.encodebytes(
            b"The token and the password are given to the pod by a Secret of its namespace. " * 9
        ).decode(),
        "kind: ExternalSecret\ndata:\n- secretKey: a\n  remoteRef: {key: some-name}\n",
        "kind: ConfigMap\ndata:\n  a: visible\n---\nkind: Secret\nmetadata: {name: visible}\ntype: Opaque\n",
        "kind: Secret\nstringData:\n  a: ${FROM_THE_STORE}\n  b: {{ .Values.password }}\n",
        'curl -u "$USER:$TOKEN" https://a.example.com',
        "curl -u ${USER}:${TOKEN} https://a.example.com",
        "curl -u <user>:<password> https://a.example.com",
        "curl --user {{user}}:{{token}} https://a.example.com",
        "curl -u me https://a.example.com:8080/x",
        "run curl; then sort -u a:bcdef",
        "curl is not in the image; use urllib | sort -u me:here-and-there",
        "# passphrase: ask the platform team for it",
        "passphrase: {secretKeyRef: {name: deploy, key: passphrase}}",
        "passphrase: $PASSPHRASE",
        "the passphrase of the key is in the store",
        "passphrase: deploy-key",
        "$1 and $2 are arguments, $6$7 too",
        "costs $5$ or $6$ a month",
        "{SHA} is what LDAP writes before a digest",
        "scrypt and bcrypt are functions; pbkdf2_hmac is another",
        "sha256$" + "0" * 64,
        f"see a:{DES} in the middle of a line, https://a.example.com:{DES}",
        "me:anotherthing1\nrag:2026.11.29.12\nregistry:5000/abcdefg\nme:ABCDEFGHIJKL1",
        f"me: {DES}\nme:{DES}x\nme:{DES[:-1]}",
        "docs:Path/To/Read3\nconfig:v1.2.3.4.5.6a",
        "md5sum d41d8cd98f00b204e9800998ecf8427e, md5:d41d8cd98f00b204e9800998ecf8427e",
        "postgres:5432:docs, db:5432:docs:me\n5432:5432:5432:5432:5432",
        "db.example.com:5432:docs:me:$PASSWORD\ndb:5432:docs:me:{{password}}\ndb:5432:docs:me:<password>",
        "IDENTIFIED BY PASSWORD is written by mysql_native_password",
        "r8_g8_b8, a gsk_ or pcsk_ key, dapi, lsv2_pt_, ya29.",
        "a book of 1234567890:AAA pages",
        "SCRAM-SHA-256 is what PostgreSQL takes",
        "otpauth://totp/me asks for a secret",
        "run: {CRYPT} or {crypt} before a hash",
    ],
)
def test_what_is_none(text: str) -> None:
    assert CREDENTIALS.find(text) == []


@pytest.mark.exhaustive
def test_a_long_text_takes_no_long_time() -> None:
    """Patterns that would go over a text again from each of its places take minutes here."""
    for part in ("://a:", "eyJ", "sk-", "token=", "-----BEGIN PRIVATE KEY", "password:\n", "AccountKey=", "9a",
                 "Ab/+", "auth=", "basic Ab", "kind: Secret\n", "kind: Secret\ndata:\n", "data: {a: ",
                 "ABCDEFGHIJKLMNOPQr\n", "kind: Secret\n---\n", "curl ", "curl -u a", "curl -u a:", "$1$a",
                 "$6$a$", "$y$", "passphrase: a-", "passphrase: 'a ", "{SHA}", "pbkdf2", "scrypt$",
                 "$argon2id$", "me:Ab1", f"me:{DES}", ":*:a:b:", "a:5432:", "otpauth://", "BEGIN OpenVPN", "md5a",
                 "SCRAM-SHA-256$", "9:AA"):  # fmt: skip
        CREDENTIALS.find(part * (2**20 // len(part)))
    deep = "kind: Secret\n" + "".join(" " * depth + "data:\n" for depth in range(1000))
    CREDENTIALS.find(deep)
