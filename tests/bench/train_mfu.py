"""How much of a GPU's arithmetic training uses (MFU), full and LoRA, beside a plain transformers Trainer.

    "$(images/env.sh train test)"/bin/python tests/bench/train_mfu.py [--shape 100m --shape 1b] [--rows N]
    "$(images/env.sh train test)"/bin/python tests/bench/train_mfu.py --shape tiny --peak 0.1    # on a CPU

Both train the same Llama of random weights on the same rows of random tokens, ours packed, the Trainer padded to each
batch's longest. Counted are the rows' own tokens. A token costs 6 FLOP a weight where every weight is trained and 4
where the weights are frozen (no gradient of them), and 12 * layers * width * length (8 frozen) for attention within a
row of mean length: Chowdhery et al., PaLM (arXiv:2204.02311), appendix B. It counts logits of every token, though ours
makes them only where one is learned, and no recomputed activations. The peak is the vendor's dense bfloat16 figure;
ends with 1 where ours is slower than the Trainer.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from train_tokens import ours, plans, tokens, trainer_alone, training
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

# TFLOP/s in bfloat16 without sparsity, from the vendor's data sheets.
PEAKS = {"H100": 989.0, "H200": 989.0, "A100": 312.0, "L4": 121.0}
FIELDS = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
SHAPES = {"tiny": (64, 192, 2, 4, 4), "100m": (768, 2048, 12, 12, 12), "1b": (2048, 8192, 16, 32, 8)}
VOCABULARY = 32_000
SEQUENCE = 1024
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")


def rows(count: int) -> list[tokens.Row]:
    """Rows of 64 to 1,024 random tokens, most of them short, the second half of each learned."""
    drawn = np.random.default_rng(7)
    lengths = np.clip(drawn.lognormal(5.5, 0.7, count), 64, SEQUENCE).astype(int)
    return [
        tokens.Row(line, drawn.integers(3, VOCABULARY, n, dtype=np.int32), np.arange(n) >= n // 2)
        for line, n in enumerate(lengths, 1)
    ]


def per_token(model: LlamaForCausalLM, method: str, length: float) -> float:
    """FLOP a token: forward and backward, by the rule above."""
    config, weights = model.config, sum(p.numel() for p in model.parameters())
    passes = 3 if method == "full" else 2
    return passes * (2 * weights + 4 * config.num_hidden_layers * config.hidden_size * length)


def device(peak: float | None) -> tuple[training.World, float]:
    """Return the first GPU, or the CPU where there is none, and its peak in TFLOP/s."""
    world = training.join_world()
    name = torch.cuda.get_device_name(0) if world.device.type == "cuda" else "CPU"
    listed = next((value for part, value in PEAKS.items() if part in name.split()), None)
    if not (used := peak or listed):
        sys.exit(f"{name}: its peak is not known here; give it in TFLOP/s: --peak 0.1")
    print(f"{name}, peak {used:g} TFLOP/s, {'bfloat16' if world.bfloat16 else 'float32'}")
    return world, used


def measured(shape: str, method: str, encoded: list[tokens.Row], world: training.World, peak: float) -> float:
    """Print a line for each way; return the ratio of ours to the Trainer."""
    config = LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=SEQUENCE, tie_word_embeddings=True,
        **dict(zip(FIELDS, SHAPES[shape], strict=True)),
    )  # fmt: skip
    plan = plans.Plan(
        method=method,
        sequence=SEQUENCE,
        global_batch_packs=32,
        micro_batch_packs=8,
        targets=TARGETS,
        learning_rate=1e-4,
    )
    mean = sum(len(row.ids) for row in encoded) / len(encoded)
    model = LlamaForCausalLM(config)
    flop = per_token(model, method, mean)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save_pretrained(folder)
        del model
        ways = {
            "ours": lambda: ours(folder, encoded, plan, 4096, world),
            "plain Trainer": lambda: trainer_alone(
                folder, encoded, round(plan.global_batch_packs * SEQUENCE / mean), plan, world
            ),
        }
        speeds = []
        for way, run in ways.items():
            speed, _, padding = max(run() for _ in range(2))  # the first one warms up
            speeds.append(speed)
            share = speed * flop / (peak * 1e12)
            print(f"{shape:5} {method:5} {way:14} {speed:10,.0f} tokens/s  MFU {share:6.1%}  {padding:6.1%} padding")
    print(f"{shape} {method}: ours / plain Trainer: {speeds[0] / speeds[1]:.2f}", flush=True)
    return speeds[0] / speeds[1]


def main() -> int:
    """Measures both methods of each shape; 0 where ours is never the slower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="100m and 1b unless given")
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device, where it is not one of " + ", ".join(PEAKS))
    flags = parser.parse_args()
    logging.disable_progress_bar()
    world, peak = device(flags.peak)
    encoded = rows(flags.rows)
    shapes = flags.shape or ["100m", "1b"]
    ratios = [measured(shape, method, encoded, world, peak) for shape in shapes for method in ("full", "lora")]
    return 0 if min(ratios) >= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
