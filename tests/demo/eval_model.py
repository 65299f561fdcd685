"""Trains a small language model on the spot, to have something real to serve and to evaluate.

    python tests/demo/eval_model.py --dataset FOLDER/unicode-names-1.jsonl --out FOLDER/better --worse FOLDER/worse

It learns the dataset's own questions and answers, as a model that is tuned for them would have; a version that knows
about half of them is the worse one, where one is asked for. What comes out are ordinary checkpoints that `transformers
serve` serves.

Training rounds differently on other processors, so it does not end after a number of epochs: it ends when every token
of every answer leads all other tokens by GAP. Greedy decoding then gives these answers on any processor. A model that
does not get there is an error.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<pad>", "<end>", "<ask>", "<answer>"]
# Of a judge model's prompt, only what it quotes between marks: the rest is the same in each, and the marks are random.
TEMPLATE = (
    "<ask>{% for m in messages %}{% set text = m['content'] %}"
    "{% if '<<<' in text %}{% set mark = text.split('<<<')[1].split()[0] %}"
    "{% for part in text.split('<<<' + mark)[1:] %}{{ part.split(mark + '>>>')[0] }}{% endfor %}"
    "{% else %}{{ text }}{% endif %}{% endfor %}<answer>"
)
BATCH = 64
LEARNING_RATE = 3e-3
RISE, STEPS = 20, 800  # steps of the learning rate's rise, and of its fall to a tenth
GAP = 2.0  # nats between a taught token and the next best; other instruction sets move a logit by about 0.001
LEARNT_SHARE = 0.5  # the share of the answers that the worse version knows
MEASURED = 5  # epochs between two looks at what is known


def asked(sample: dict[str, Any]) -> str:
    """Return a sample's question as the chat template puts it."""
    if "prompt" in sample:
        return str(sample["prompt"])
    return "".join(_quoted(message["content"]) for message in sample["messages"])


def _quoted(text: str) -> str:
    if "<<<" not in text:
        return text
    mark = text.split("<<<")[1].split()[0]
    return "".join(part.split(f"{mark}>>>")[0] for part in text.split(f"<<<{mark}")[1:])


def tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer of the texts' words, digits and marks: names are made of few words, codes of few digits."""
    cut = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation()]
    )
    bare = Tokenizer(models.WordLevel(unk_token="<pad>"))
    bare.pre_tokenizer = cut
    words = sorted({word for text in texts for word, _ in cut.pre_tokenize_str(text)})
    bare = Tokenizer(models.WordLevel({word: n for n, word in enumerate(SPECIAL + words)}, unk_token="<pad>"))
    bare.pre_tokenizer, bare.decoder = cut, decoders.Metaspace()
    made = PreTrainedTokenizerFast(
        tokenizer_object=bare, pad_token="<pad>", eos_token="<end>", additional_special_tokens=SPECIAL[2:],
        padding_side="left",
    )  # fmt: skip
    made.chat_template = TEMPLATE
    return made


def labels(rows: torch.Tensor, answer: int, pad: int) -> torch.Tensor:
    """Return rows of token ids with -100 in place of what is not learned: the question, `answer` and padding.

    Args:
        rows: token ids, (samples, tokens).
        answer: the id of the token that ends the question.
        pad: the id of padding.
    """
    before = (rows == answer).cumsum(1) - (rows == answer).long() == 0
    return rows.masked_fill(before | (rows == pad), -100)


@torch.no_grad()
def gaps(model: LlamaForCausalLM, rows: torch.Tensor, answer: int, pad: int) -> torch.Tensor:
    """Return by sample the least lead of a taught token's logit over the next best; below 0, greedy decoding errs.

    Each token is measured after the taught ones, which is what greedy decoding has before it as long as it is right.

    Args:
        model: what is measured.
        rows, answer, pad: as in `labels`.

    Returns:
        (samples,)
    """
    taught = labels(rows, answer, pad)[:, 1:]
    logits = model(input_ids=rows, attention_mask=rows != pad).logits[:, :-1]
    index = taught.clamp(min=0).unsqueeze(2)
    lead = logits.gather(2, index).squeeze(2) - logits.scatter(2, index, -torch.inf).amax(2)
    return lead.masked_fill(taught == -100, torch.inf).amin(1)


def rate(step: int) -> float:
    """Return the share of LEARNING_RATE at a step: a short rise, half a cosine over STEPS, and a tenth from then on."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / STEPS)))
    return min((step + 1) / RISE, max(0.1, cosine))


def train(
    model: LlamaForCausalLM, rows: torch.Tensor, answer: int, pad: int, half_way: Callable[[], None] | None
) -> torch.Tensor:
    """Train on the answers until every one leads by GAP, or for 4 * STEPS steps.

    Args:
        model: what is trained.
        rows, answer, pad: as in `labels`.
        half_way: called once, at the step with which a share of LEARNT_SHARE of the answers is right; None where nobody
            wants it.

    Returns:
        The lead of each sample, as `gaps` has it.
    """
    # With the usual second beta (0.999) a spike of the loss makes the steps after it too small for a thousand steps.
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    epoch, share = 0, 0.0
    while True:
        epoch += 1
        for picked in torch.randperm(len(rows)).split(BATCH):
            batch = rows[picked]
            loss = model(input_ids=batch, attention_mask=batch != pad, labels=labels(batch, answer, pad)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            # An epoch can take the share from less than a half to three quarters: near it, each step is measured.
            if half_way and share >= LEARNT_SHARE / 2 and learnt(gaps(model, rows, answer, pad)) >= LEARNT_SHARE:
                half_way()
                half_way = None
        if half_way or epoch % MEASURED == 0:
            lead = gaps(model, rows, answer, pad)
            share = learnt(lead)
            if lead.min() >= GAP or schedule.last_epoch >= 4 * STEPS:
                return lead


def learnt(lead: torch.Tensor) -> float:
    """Return the share of the answers that greedy decoding gets right, of what `gaps` returns."""
    return float((lead > 0).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--worse", type=Path, help=f"the version that knew {LEARNT_SHARE:.0%} of the answers")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))  # a matrix this small is faster on one
    samples = [json.loads(line) for line in options.dataset.read_text().splitlines()]
    made = tokenizer([text for sample in samples for text in (asked(sample), sample["references"][0])])
    whole = [f"<ask>{asked(sample)}<answer>{sample['references'][0]}<end>" for sample in samples]
    rows = made(whole, padding=True, return_tensors="pt", padding_side="right")["input_ids"]
    config = LlamaConfig(
        vocab_size=len(made), hidden_size=96, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=max(64, 2 * rows.shape[1]), eos_token_id=made.eos_token_id,
        pad_token_id=made.pad_token_id, bos_token_id=None,
    )  # fmt: skip
    model = LlamaForCausalLM(config)

    def save(folder: Path) -> None:
        model.save_pretrained(folder)
        made.save_pretrained(folder)

    answer, pad = made.convert_tokens_to_ids("<answer>"), made.pad_token_id
    half_way = (lambda: save(options.worse)) if options.worse else None
    lead = train(model, rows, answer, pad, half_way)
    if lead.min() < GAP:
        sys.exit(
            f"{options.dataset}: {int((lead < GAP).sum())} of {len(lead)} answers lead by less than {GAP:g} after "
            f"{4 * STEPS} steps (least: {lead.min():.2f}); are there two answers to one question?"
        )
    save(options.out)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{options.out}: {parameters:,} parameters; each token of {len(lead)} answers leads by {lead.min():.2f}")


if __name__ == "__main__":
    main()
