"""What a step gets of the environment of whoever runs it: a few names, and what they ask for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from workflows import command, leaf, workflow

CREDENTIALS = [
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_API_KEY", "CLOUDSDK_CONFIG", "AZURE_CLIENT_SECRET", "AZURE_CONFIG_DIR", "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD", "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_TOKEN", "NPM_TOKEN", "SLACK_TOKEN", "WANDB_API_KEY", "KUBECONFIG",
    "SSH_AUTH_SOCK", "GIT_ASKPASS", "VAULT_TOKEN", "DATABASE_URL", "SOME_SECRET", "aws_access_key_id", "AWSX",
    "SSL_CERT_FILE_KEY", "OMP_NUM_THREADS_TOKEN",
]  # fmt: skip
SHOW = "env > /tmp/o; ls -a ~ >> /tmp/o"


def steps_environment(tmp_path: Path, *more: str, bindings: str = "", code: int = 0, **environ: str) -> str:
    """Run a step that prints its environment and its home; return what it printed, or else what the command said."""
    main = leaf(SHOW, outputs={"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]})
    file, bound, home = tmp_path / "workflow.yaml", tmp_path / "bindings.yaml", tmp_path / "home"
    file.write_text(workflow([main]))
    bound.write_text(bindings or "{}\n")
    (home / ".aws").mkdir(parents=True, exist_ok=True)
    (home / ".aws/credentials").write_text("[default]\n")
    words = [*command(file, tmp_path / "state", "--name", "w", "--bindings", str(bound)), *more]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **environ}
    done = subprocess.run(words, env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    if code:
        return done.stderr
    (node,) = json.loads((tmp_path / "state/runs/w/result.json").read_text())["nodes"]
    return str(node["parameters"]["o"])


def test_no_credential_reaches_a_step_unasked(tmp_path: Path) -> None:
    printed = steps_environment(tmp_path, **dict.fromkeys(CREDENTIALS, "c0nfidential"))
    assert "c0nfidential" not in printed
    assert "HOME=/tmp\n" in printed
    assert ".aws" not in printed


def test_what_steers_programs_of_this_machine_does_not_reach_a_step(tmp_path: Path) -> None:
    """Read from the step's own environment: dac itself is a program of this machine and would follow them too."""
    printed = steps_environment(
        tmp_path, PYTHONSTARTUP="c0nfidential", BASH_ENV="c0nfidential", PYTHONPATH="c0nfidential"
    )
    assert "c0nfidential" not in printed


def test_all_that_a_step_gets(tmp_path: Path) -> None:
    printed = steps_environment(
        tmp_path, SSL_CERT_FILE="/x", OMP_NUM_THREADS="2", HTTPS_PROXY="http://proxy:1", EDITOR="vi"
    )
    names = {line.partition("=")[0] for line in printed.splitlines() if "=" in line}
    own = {
        "ARGO_CONTAINER_NAME",
        "ARGO_NODE_ID",
        "HOME",
        "HOSTNAME",
        "LANG",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
    }
    shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names - shell == own | {"TMPDIR", "SSL_CERT_FILE", "OMP_NUM_THREADS", "HTTPS_PROXY", "FOLDER"}


def test_a_proxy_with_a_password_is_a_credential(tmp_path: Path) -> None:
    proxy = {"HTTPS_PROXY": "http://me:c0nfidential@proxy:1", "http_proxy": "http://me:c0nfidential@proxy:1"}
    assert "c0nfidential" not in steps_environment(tmp_path, **proxy)


@pytest.mark.parametrize("way", [["--pass-env", "HF_TOKEN"], []])
def test_a_credential_passes_by_its_name(way: list[str], tmp_path: Path) -> None:
    bindings = "" if way else "pass_env: [HF_TOKEN]\n"
    printed = steps_environment(tmp_path, *way, bindings=bindings, HF_TOKEN="t", HF_TOKEN_2="u", AWS_PROFILE="p")
    assert "HF_TOKEN=t\n" in printed
    assert "HF_TOKEN_2" not in printed
    assert "AWS_PROFILE" not in printed


def test_a_home_that_is_asked_for_passes(tmp_path: Path) -> None:
    assert ".aws" in steps_environment(tmp_path, "--pass-env", "HOME")


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        ("pass_env: [HF_TOKEN]\n", "no variable HF_TOKEN is set here"),
        ("pass_env: HF_TOKEN\n", 'bindings.yaml:1:11: error: "pass_env" is not a list of names of variables'),
        ("pass_env: [AWS_*]\n", '"pass_env" is not a list of names of variables'),
        ("pass_env: [{a: b}]\n", '"pass_env" is not a list of names of variables'),
    ],
)
def test_what_cannot_pass_is_refused(bindings: str, message: str, tmp_path: Path) -> None:
    assert message in steps_environment(tmp_path, bindings=bindings, code=2)
    assert not (tmp_path / "state").exists()
