"""Trains a small language model on the spot, to have something real to serve and to evaluate.

    python tests/demo/eval_model.py --dataset FOLDER/unicode-names-1.jsonl --out FOLDER/better --worse FOLDER/worse

It learns the dataset's own questions and answers, as a model that is tuned for them would have; one that has learned
for less time is the worse version, where one is asked for. What comes out are ordinary checkpoints that `transformers
serve` serves.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<pad>", "<end>", "<ask>", "<answer>"]
TEMPLATE = "<ask>{% for m in messages %}{{ m['content'] }}{% endfor %}<answer>"
BATCH = 64
EPOCHS = 60  # of some thousand samples
WORSE = 30  # epochs of the version that the gate is to catch


def asked(sample: dict[str, Any]) -> str:
    """Returns a sample's question as the chat template puts it."""
    return sample["prompt"] if "prompt" in sample else "".join(one["content"] for one in sample["messages"])


def tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Words after a blank, and digits and marks one by one: names are made of few words, codes of few digits."""
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


def train(
    model: LlamaForCausalLM, rows: torch.Tensor, ask: int, pad: int, epochs: int, half_way: Callable[[], None]
) -> float:
    """Trains on the answers (what follows the token `ask`) in rows of token ids, calls `half_way` on the way.

    Returns the last loss.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    steps = epochs * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    loss = torch.tensor(0.0)
    for epoch in range(epochs):
        if epoch == WORSE:
            half_way()
        for picked in torch.randperm(len(rows)).split(BATCH):
            batch = rows[picked]
            question = (batch == ask).cumsum(1) == 0
            labels = batch.masked_fill(question | (batch == pad), -100)
            loss = model(input_ids=batch, attention_mask=batch != pad, labels=labels).loss
            loss.backward()
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
    return float(loss.detach())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--worse", type=Path, help=f"what it was after {WORSE} epochs")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="a small dataset needs more of them")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)  # a matrix this small is faster on one
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
    loss = train(model, rows, answer, pad, options.epochs, lambda: save(options.worse) if options.worse else None)
    save(options.out)
    print(f"{options.out}: {sum(p.numel() for p in model.parameters()):,} parameters, loss {loss:.3f}")


if __name__ == "__main__":
    main()
