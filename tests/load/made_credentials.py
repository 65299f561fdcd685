"""Credentials of every kind, made here, and what it means that one is hidden."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from dac.load import load_credentials

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
        ("an age key", "AGE-SECRET-KEY-1", some(58, string.ascii_uppercase + string.digits), ""),
        ("an Atlassian token", "ATATT3x", some(180), ""),
        ("an Azure shared access signature", "https://a.example.com/c?sv=1&sig=", some(43), ""),
        ("a Docker Hub token", "dckr_pat_", some(27), ""),
        ("a password of a .netrc", "machine a.example.com login me password ", some(16), ""),
        ("an npm token", "npm_", some(36), ""),
        ("a PuTTY key", "PuTTY-User-Key-File-3: ", some(64), "Private-MAC: 0a"),
        ("a PyPI token", "pypi-AgE", some(120), ""),
        ("a SendGrid key", "SG.", f"{some(22)}.{some(43)}", ""),
        ("a Stripe key", "sk_" + "live_", some(24), ""),
        ("a Vault token", "hvs.", some(90), ""),
        ("what password is set to", "password=", "9" + some(17), ""),
        ("what passphrase is set to", "passphrase: ", "9" + some(17), ""),
        ("a password of a curl command", "curl -u ", f"me:{some(12)}", " https://a.example.com"),
        ("a passphrase", "Passphrase: '", " ".join(some(8, string.ascii_lowercase) for _ in range(4)), "'"),
        ("the hash of a password", "$2b$12$", some(53), ""),
        ("a token of a service", "gsk_", some(52), ""),
        ("a password of a .pgpass", "db.example.com:5432:docs:me:", some(16), ""),
        (
            "an OpenVPN key",
            "-----BEGIN " + "OpenVPN Static key V1-----",
            some(64, "0123456789abcdef"),
            "-----END " + "OpenVPN Static key V1-----",
        ),
        ("the key of one-time passwords", "otpauth://totp/me?secret=", some(26, string.ascii_uppercase), ""),
        ("what token is set to", "token: ", "9" + some(31, "0123456789abcdef"), ""),
        ("what access_key is set to", "aws_secret_access_key=", "7" + some(39), ""),
        ("what Bearer is set to", "Authorization: Bearer ", "7" + some(31), ""),
    ]
}
HEAD = "owner: team-docs\npipelines:\n  a:\n    standard: index@v1\n    size: small\n"


def assert_hidden(shown: str, secret: str, about: str) -> None:
    """No eight characters of the secret in a row are shown."""
    for start in range(len(secret) - 7):
        assert secret[start : start + 8] not in shown, about
