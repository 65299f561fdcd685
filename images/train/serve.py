"""Serve a checkpoint's weights as an OpenAI-compatible endpoint on this pod: the sidecar of an evaluation.

MODEL='{"weights":"s3://models/small"}' OBJECTS=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 \
python -m serve --checkpoint 40 --work /work/serve --port 8000

Answers GET /v1/models, POST /v1/completions and /v1/chat/completions (greedily, no streaming), on 127.0.0.1 only.
A completion with `echo` and `logprobs` has the log-probabilities of its prompt's tokens, or of each prompt of a list.
Checkpoint 0 is the base model. `--folder` serves a folder that transformers saved instead, and `--alias` the version
that the run's first step found behind an alias of the model registry (candidate.json), or where there is none what the
alias points to when the server starts; GET /v1/models names that version. Where the
alias points to nothing, every request is answered 424 with the reason, so that a client which waits for this server
gets it at once.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import torch
from runtime import candidate, http, receipt, settings
from runtime.errors import InputError, TryAgain
from runtime.log import info
from runtime.program import main
from trainer import bases, chat, checkpoint, tool_calls
from trainer.generation import MAX_TOKENS, Answer, Batcher, Generator, request
from trainer.likelihood import Scorer

NO_MODEL = 424  # Failed Dependency
TIMEOUT = 120.0  # seconds for an answer


def load(folder: Path, base: dict[str, Any], work: Path) -> tuple[Any, Any]:
    """Load a model for serving.

    Args:
        folder: weights, or an adapter.
        base: the catalog's facts of an adapter's base model.
        work: a folder for what is downloaded.

    Returns:
        The model and its tokenizer.

    Raises:
        InputError: the folder holds no causal language model, or no tokenizer.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    adapter = (folder / "adapter_config.json").is_file()
    weights = bases.fetch(base, work / "base") if adapter else folder
    try:
        model = AutoModelForCausalLM.from_pretrained(str(weights), dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise InputError(f"{weights.name}: cannot load it as a causal language model: {error}") from error
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return model.eval().to(device), bases.load_tokenizer(folder if (folder / "tokenizer.json").is_file() else weights)


class Handler(http.JsonHandler):
    """One connection. What it serves is set on the class when the server starts.

    Attributes:
        batcher: answers requests.
        scorer: says how likely texts are.
        tokenizer: the model's.
        name: the model's name in answers.
        refusal: why there is no model to serve, "" if there is one.
        own_prefix: whether its answers bring what the chat template would write in front of them.
    """

    batcher: Batcher
    scorer: Scorer
    tokenizer: Any
    name: str
    refusal = ""
    own_prefix = False
    most_body = 4 * 1024 * 1024

    def do_GET(self) -> None:
        """Name the model, or say why there is none."""
        if self.path not in (f"{self.prefix}/v1/models", f"{self.prefix}/health"):
            self._fail(404, f"no such path: {self.path}")
        elif self.refusal:
            self._fail(NO_MODEL, self.refusal)
        else:
            self.send(200, {"object": "list", "data": [{"id": self.name, "object": "model"}]})

    def do_POST(self) -> None:
        """Answer a completion or a chat."""
        try:
            body = self.body()
            if body.get("stream"):
                raise ValueError("streaming is not supported")
            if self.refusal and self.path.startswith(f"{self.prefix}/"):
                self._fail(NO_MODEL, self.refusal)
            elif self.path == f"{self.prefix}/v1/chat/completions":
                self._chat(body)
            elif self.path == f"{self.prefix}/v1/completions":
                self._complete(body)
            else:
                self._fail(404, f"no such path: {self.path}")
        except (KeyError, TypeError, ValueError) as error:
            self._fail(400, f"invalid request: {error!r}")
        except Exception as error:
            self._fail(500, f"{type(error).__name__}: {error}")

    def _chat(self, body: dict[str, Any]) -> None:
        if self.tokenizer.chat_template is None:
            raise ValueError("this model has no chat template; use /v1/completions")
        asked = tool_calls.read({name: body[name] for name in ("messages", "tools") if body.get(name)})
        tools = asked.get("tools", [])
        prompt = chat.generation_prompt(self.tokenizer, asked["messages"], tools or None, self.own_prefix)
        answer = self.batcher.submit(request(body, prompt, False)).result(timeout=TIMEOUT)
        message = tool_calls.message(answer.text, tools)
        self._answer("chat.completion", {"message": message, "finish_reason": answer.finish_reason}, answer)

    def _complete(self, body: dict[str, Any]) -> None:
        if body.get("echo"):
            self._echo(body)
            return
        if not isinstance(body["prompt"], str):
            raise ValueError("`prompt` must be a string")
        answer = self.batcher.submit(request(body, body["prompt"], True)).result(timeout=TIMEOUT)
        self._answer("text_completion", {"text": answer.text, "finish_reason": answer.finish_reason}, answer)

    def _echo(self, body: dict[str, Any]) -> None:
        prompts, written = body["prompt"], body.get("max_tokens", MAX_TOKENS)
        prompts = [prompts] if isinstance(prompts, str) else prompts
        if not isinstance(prompts, list) or not prompts or not all(isinstance(each, str) for each in prompts):
            raise ValueError("`prompt` must be a string, or a list of strings")
        if body.get("logprobs") is None or written not in (0, 1):
            raise ValueError("with `echo` give `logprobs`, and `max_tokens` of 0 or 1")
        scored = self.scorer.scores(prompts)
        choices = [each.choice(text, written == 1) for text, each in zip(prompts, scored, strict=True)]
        self._send("text_completion", choices, sum(len(each.tokens) for each in scored), written * len(scored))

    def _answer(self, kind: str, choice: dict[str, Any], answer: Answer) -> None:
        self._send(kind, [choice], answer.prompt_tokens, answer.completion_tokens)

    def _send(self, kind: str, choices: list[dict[str, Any]], read: int, written: int) -> None:
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        self.send(
            200,
            {
                "id": uuid.uuid4().hex, "object": kind, "created": int(time.time()), "model": self.name,
                "choices": [{"index": place, **choice} for place, choice in enumerate(choices)], "usage": usage,
            },
        )  # fmt: skip

    def _fail(self, status: int, message: str) -> None:
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.send(status, {"error": {"message": message, "type": kind}})


def run_server(folder: Path, base: dict[str, Any], work: Path, port: int, name: str, wait: float = 0.0) -> None:
    """Serve a folder until the process is told to stop.

    Args:
        folder: weights, or an adapter.
        base: the catalog's facts of an adapter's base model.
        work: a folder for what is downloaded.
        port: where to listen.
        name: the model's name in answers.
        wait: seconds to wait for a port that is taken.
    """
    publish(*load(folder, base, work), name)
    serve_forever(port, name, wait)


def publish(model: Any, tokenizer: Any, name: str) -> None:
    """Make a model the one that this process serves."""
    Handler.batcher, Handler.tokenizer, Handler.name = Batcher(Generator(model, tokenizer)), tokenizer, name
    Handler.scorer = Scorer(model, tokenizer)


def serve_forever(port: int, name: str, wait: float) -> None:
    """Listen on the port until the process is told to stop.

    Raises:
        TryAgain: the port is still taken after `wait` seconds.
    """
    try:
        server = http.listening(port, Handler, wait)
    except TimeoutError as error:
        raise TryAgain(str(error)) from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    info("serving", message=f"{name} at http://127.0.0.1:{server.server_port}/v1", port=server.server_port)
    server.serve_forever()


def run_alias(alias: str, work: Path, port: int, wait: float) -> None:
    """Serve the version that the run keeps, else the alias's, or the reason why there is nothing to serve."""
    try:
        kept = candidate.read(settings.run().root)
        source, name = (kept["source"], f"{kept['model']}/{kept['number']}") if kept else bases.resolve_alias(alias)
        publish(*load(bases.fetch({"weights": source}, work / "weights"), {}, work), name)
    except InputError as error:
        Handler.refusal = name = str(error)
    serve_forever(port, name, wait)


def program() -> None:
    """Serve what the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=int, help="step of the run's checkpoint; 0 is the base model")
    parser.add_argument("--folder", type=Path, help="a folder of weights instead")
    parser.add_argument("--alias", help="NAME@ALIAS in the model registry instead")
    parser.add_argument("--prefix", default="", help="first part of every path")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for a port that is taken")
    parser.add_argument("--work", type=Path, help="folder for what is downloaded; a temporary one by default")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0 lets torch choose")
    parser.add_argument("--name", default="checkpoint", help="the model's name in answers")
    flags = parser.parse_args()
    if flags.threads:
        torch.set_num_threads(flags.threads)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as temporary:
        work = flags.work or Path(temporary)
        Handler.prefix = f"/{flags.prefix}" if flags.prefix else ""
        if flags.checkpoint is not None:
            made = receipt.read_part(settings.run(), "tokenize_dataset") or {"facts": {}}
            Handler.own_prefix = made["facts"].get("own_prefix", False)
        if flags.folder is not None:
            folder = flags.folder
        elif flags.alias is not None:
            run_alias(flags.alias, work, flags.port, flags.wait)
            return
        elif flags.checkpoint == checkpoint.BASE:
            folder = bases.fetch(settings.facts("MODEL"), work / "base")
        elif flags.checkpoint is not None:
            folder = work / "checkpoint"
            checkpoint.fetch(settings.run().root, flags.checkpoint, folder)
        else:
            raise InputError("serve: give --checkpoint STEP, --folder FOLDER or --alias NAME@ALIAS")
        run_server(folder, settings.facts("MODEL"), work, flags.port, flags.name, flags.wait)


if __name__ == "__main__":
    main("serve", program)
