"""Training tokens/s against a plain transformers Trainer: the same model, rows and cores, in one run.

    "$(images/env.sh train test)"/bin/python tests/bench/train_tokens.py [--rows N] [--rounds N] [--threads N]

Three ways train on the same rows, turn by turn so that a busy machine is busy for all: packed (rows share a pack and do
not see each other), padded (a pack a row, like lengths together) and the plain Trainer (random batches, padded to their
longest, its defaults otherwise). Counted are the rows' own tokens; padding is shown beside. Prints one line a way and
the ratio of the better of our two to the Trainer.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("images/train", "images", "tests/demo")]

import base_model  # noqa: E402 - after the path
import dataset_packages  # noqa: E402
import torch  # noqa: E402
from trainer import batches, chat, tokens, training  # noqa: E402
from trainer import plan as plans  # noqa: E402

Result = tuple[float, float, float]  # rows' tokens a second by the clock and by CPU time, share of padding
LONE = training.World(0, 1, torch.device("cpu"), False)


def ours(
    folder: Path, encoded: list[tokens.Row], plan: plans.Plan, window: int, world: training.World = LONE
) -> Result:
    """Return what one pass through the rows takes."""
    with tokens.Writer(folder / f"{window}.arrow") as writer:
        for pack in tokens.pack(iter(encoded), plan.sequence, window):
            writer.add(pack)
    packs = tokens.Packs(folder / f"{window}.arrow")
    model = training.load(folder, plan, world)
    training.compile_layers(model, world)
    adam, order = training.optimiser(model, plan), batches.DataOrder(len(packs), plan)
    done = positions = 0
    started, work = time.perf_counter(), time.process_time()
    for step in range(plan.steps(len(packs))):
        numbers = order.packs_of(step)
        made = batches.micro_batches(numbers, plan, 0, packs, 0)
        training.update(model, adam, made, sum(batches.target_count(packs[i]) for i in numbers), plan, world)
        done += sum(batch.tokens for batch in made)
        positions += sum(batch.input_ids.numel() for batch in made)
    return done / (time.perf_counter() - started), done / (time.process_time() - work), 1 - done / positions


def trainer_alone(
    folder: Path, encoded: list[tokens.Row], rows_a_step: int, plan: plans.Plan, world: training.World = LONE
) -> Result:
    """Return the same of transformers' Trainer on the same model, accumulating over as many passes."""
    from transformers import Trainer, TrainingArguments

    seen = {"tokens": 0, "positions": 0}

    def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        length = max(len(row["input_ids"]) for row in rows)
        ids, labels = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), -100)
        mask = torch.zeros(len(rows), length, dtype=torch.long)
        for i, row in enumerate(rows):
            n = len(row["input_ids"])
            ids[i, :n], labels[i, :n], mask[i, :n] = torch.tensor(row["input_ids"]), torch.tensor(row["labels"]), 1
        seen["tokens"] += int(mask.sum())
        seen["positions"] += mask.numel()
        return {"input_ids": ids, "labels": labels, "attention_mask": mask}

    data = [
        {
            "input_ids": r.ids.tolist(),
            "labels": [int(t) if w else -100 for t, w in zip(r.ids, r.loss_mask, strict=True)],
        }
        for r in encoded
    ]
    passes = plan.global_batch_packs // plan.micro_batch_packs
    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"), per_device_train_batch_size=max(1, rows_a_step // passes),
        gradient_accumulation_steps=passes, num_train_epochs=1, learning_rate=plan.learning_rate,
        lr_scheduler_type="cosine", save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True,
        use_cpu=world.device.type == "cpu", bf16=world.bfloat16, remove_unused_columns=False,
        dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = Trainer(training.load(folder, plan, world), arguments, collate, data)
    started, work = time.perf_counter(), time.process_time()
    trainer.train()
    wall, cpu = time.perf_counter() - started, time.process_time() - work
    return seen["tokens"] / wall, seen["tokens"] / cpu, 1 - seen["tokens"] / seen["positions"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    made = dataset_packages.rows(max(flags.rows, 1200), "json", 17)[: flags.rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokenizer = base_model.make_tokenizer((text for row in made for text in row.values()), 512)
        base_model.make_model(len(tokenizer), "small", 17, tokenizer.eos_token_id).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        encoded = [tokens.Row(i, *encoded_row) for i, encoded_row in enumerate(chat.encode(tokenizer, made))]
        mean = sum(len(row.ids) for row in encoded) / len(encoded)
        a_step = round(8 * 128 / mean)  # rows that hold as many tokens as eight packs
        packed = plans.Plan(learning_rate=3e-3, sequence=128, global_batch_packs=8, micro_batch_packs=8)
        padded = plans.Plan(learning_rate=3e-3, sequence=128, global_batch_packs=a_step, micro_batch_packs=a_step)
        ways = {
            "packed": lambda: ours(folder, encoded, packed, 4096),
            "padded": lambda: ours(folder, encoded, padded, 1),
            "plain Trainer": lambda: trainer_alone(folder, encoded, a_step, padded),
        }
        results: dict[str, list[Result]] = {way: [] for way in ways}
        for _ in range(flags.rounds):
            for way, run in ways.items():
                results[way].append(run())
    speeds = {way: [statistics.median(run[i] for run in runs) for i in range(3)] for way, runs in results.items()}
    for way, (wall, cpu, padding) in speeds.items():
        print(f"{way:14} {wall:8,.0f} tokens/s {cpu:8,.0f} tokens/CPU second {padding:6.1%} padding")
    base = speeds["plain Trainer"]
    for way in ("packed", "padded"):
        wall, cpu, _ = speeds[way]
        print(f"{way} / plain Trainer: {wall / base[0]:.2f} by the clock, {cpu / base[1]:.2f} by CPU time")
    chosen, better = "packed" if plans.Plan().packing else "padded", max(("packed", "padded"), key=speeds.__getitem__)
    print(f"the standard trains {chosen}; the better of the two here: {better}")
    print(f"{flags.threads} threads, {mean:.0f} tokens a row, median of {flags.rounds}")


if __name__ == "__main__":
    main()
