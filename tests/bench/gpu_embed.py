"""Chunks a second of the embed step on a GPU beside sentence-transformers in bfloat16, and the share of its peak.

    "$(images/env.sh rag test)"/bin/python tests/bench/gpu_embed.py --out FOLDER [--shape base]
    "$(images/env.sh rag test)"/bin/python tests/bench/gpu_embed.py --out /tmp/cpu --shape tiny --peak 0.1 --count 64

Shapes are those of all-MiniLM-L6 and bge-small, -base, -large with random weights: speed does not depend on them. Each
is tried at 128, 256 and 512 tokens, and at lengths as a corpus has them (lognormal about 180, cut at 512). A token is
2 * L * 12 * d^2 + 4 * L * S * d FLOP (L layers, width d, S tokens of its text); the peak is the vendor's dense figure.
Ours is timed from texts to vectors on the host, in half precision. Theirs is `encode` of the same texts,
sorted by length as it does, at several batch sizes. Vectors are held against float32 (least cosine). With
`--corpora FOLDER`, which gpu_corpora.py writes, real corpora are embedded by real weights too: recall@10 in float32 and
in half precision. Writes gpu_embed.json and gpu_embed.md; where a way fails, its line says why. Ends with 1 where it is
not twice theirs at 128.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("images/rag", "images")]
PEAKS = {"H100": 989.0, "H200": 989.0, "A100": 312.0, "L4": 121.0, "L40S": 362.0}  # TFLOP/s, bfloat16, dense
SHAPES = {
    "tiny": (2, 64, 2),
    "minilm": (6, 384, 12),
    "small": (12, 384, 12),
    "base": (12, 768, 12),
    "large": (24, 1024, 16),
}
LENGTHS = (128, 256, 512, 0)  # 0: as a corpus has them
BATCH_TOKENS = (16_384, 65_536, 262_144)
THEIR_BATCHES = (32, 128, 512)
VOCABULARY = 30_000
HEAD = ("| shape | tokens | way | chunks/s | of the peak | least cosine |", "|---|---|---|---|---|---|")
# What others measured: bge-large on an L4 over HTTP, 10 requests of 256 texts and 115,000 tokens each, in seconds.
SOURCE = "michaelfeil/infinity, docs/docs/benchmarking.md at 0d1c358 (TEI 0.6, sentence-transformers in fp16)"
PUBLISHED = {"TEI, over HTTP": 18.491, "sentence-transformers": 59.107}


def lengths(tokens: int, count: int) -> list[int]:
    """Return the tokens of each text; `tokens` of 0 draws them as a corpus has them."""
    if tokens:
        return [tokens] * count
    drawn = np.random.default_rng(7).lognormal(5.2, 0.6, count)
    return np.clip(drawn, 8, 512).astype(int).tolist()


def make(folder: Path, shape: str) -> None:
    """Write a BERT of random weights with a tokenizer of one token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    layers, width, heads = SHAPES[shape]
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=512,
    )
    torch.manual_seed(1)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, **{f"w{n}": n for n in range(4, VOCABULARY)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]",
             "cls_token": "[CLS]", "sep_token": "[SEP]", "model_max_length": 512}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(about))


def texts(counts: list[int]) -> list[str]:
    """Return texts of so many tokens each, the two around a text counted."""
    drawn = np.random.default_rng(1)
    return [" ".join(f"w{n}" for n in drawn.integers(4, VOCABULARY, count - 2)) for count in counts]


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the median of the rounds, after one that warms up."""
    taken = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def flop(shape: str, counts: list[int]) -> float:
    """Return the FLOP of all texts by the rule above."""
    layers, width, _ = SHAPES[shape]
    return float(sum(count * (24 * layers * width**2 + 4 * layers * count * width) for count in counts))


def ways(folder: Path, device: str, width: int) -> dict[str, Callable[[list[str]], np.ndarray]]:
    """Return each way to embed, by name."""
    from index.embedder import Embedder
    from sentence_transformers import SentenceTransformer, models

    facts = {"dimension": width, "max_tokens": 512}
    made: dict[str, Callable[[list[str]], np.ndarray]] = {}
    for tokens in BATCH_TOKENS:
        made[f"ours, {tokens:,} tokens a batch"] = Embedder(folder, facts, tokens, device).documents
    made["ours, float32"] = Embedder(folder, facts, 65_536, device, dtype="float32").documents
    parts = [models.Transformer(str(folder), model_kwargs={"dtype": torch.bfloat16}), models.Pooling(width)]
    theirs = SentenceTransformer(modules=parts, device=device)
    for size in THEIR_BATCHES:
        made[f"sentence-transformers, {size} a batch"] = lambda texts, size=size: theirs.encode(
            texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False
        )
    return made


def measured(shape: str, tokens: int, count: int, folder: Path, device: str, peak: float) -> list[dict[str, Any]]:
    """Print a line for each way and return the rows."""
    counts = lengths(tokens, count)
    given, work, rows = texts(counts), flop(shape, counts), []
    wanted: np.ndarray | None = None
    for name, embed in reversed(ways(folder, device, SHAPES[shape][1]).items()):
        row: dict[str, Any] = {"shape": shape, "tokens": tokens or "corpus", "way": name}
        try:
            vectors = embed(given[:256])
            if name == "ours, float32":
                wanted = vectors
            if name == "ours, float32":  # what vectors are held against; the vendor's peak is not this type's
                continue
            took = seconds(lambda embed=embed: embed(given))
            row |= {"chunks_per_second": count / took, "peak": work / took / (peak * 1e12)}
            if name.startswith("ours") and wanted is not None:
                row["cosine"] = float((vectors * wanted).sum(1).min())
            words = f"{row['chunks_per_second']:12,.0f} chunks/s {row['peak']:7.1%} of the peak"
            words += f", cosine {row['cosine']:.5f}" if "cosine" in row else ""
        except Exception as error:  # what fails is a row of the table too, and the others are still wanted
            row["error"] = f"{type(error).__name__}: {error}"[:300]
            words = row["error"]
        print(f"{shape:7} {row['tokens']:>7}  {name:34} {words}", flush=True)
        rows.append(row)
        if device == "cuda":
            torch.cuda.empty_cache()
    return rows


def table(rows: list[dict[str, Any]], title: str) -> str:
    """Return the rows as Markdown."""
    lines = [title, "", *HEAD]
    for row in rows:
        cosine = f"{row['cosine']:.5f}" if "cosine" in row else ""
        figures = [row.get("error", ""), "", ""]
        if "error" not in row:
            figures = [f"{row['chunks_per_second']:,.0f}", f"{row['peak']:.1%}", cosine]
        lines.append("| " + " | ".join([row["shape"], str(row["tokens"]), row["way"], *figures]) + " |")
    return "\n".join(lines) + "\n"


def recalls(folder: Path, device: str) -> list[dict[str, Any]]:
    """Return recall@10 of each corpus in both precisions, and the least cosine between its chunks' vectors."""
    from index.embedder import Embedder

    given, rows = json.loads((folder / "corpora.json").read_text()), []
    full = Embedder(folder, given["facts"], 65_536, device, dtype="float32")
    half = Embedder(folder, given["facts"], 65_536, device, dtype="bfloat16")
    for name, corpus in given["corpora"].items():
        vectors = [each.documents(corpus["texts"]) for each in (full, half)]
        asked = [each.questions(corpus["questions"]) for each in (full, half)]
        right = [set(answers) for answers in corpus["answers"]]
        recall = []
        for chunks, questions in zip(vectors, asked, strict=True):
            nearest = np.argsort(-(questions @ chunks.T), axis=1, kind="stable")[:, :10]
            hits = [any(corpus["documents"][at] in answers for at in row)
                    for row, answers in zip(nearest, right, strict=True)]  # fmt: skip
            recall.append(float(np.mean(hits)))
        cosine = float((vectors[0] * vectors[1]).sum(1).min())
        rows.append({"corpus": name, "chunks": len(vectors[0]), "recall": recall, "cosine": cosine})
        print(f"{name}: recall@10 {recall[0]:.3f} in float32, {recall[1]:.3f} in bfloat16, cosine {cosine:.5f}")
    return rows


def recall_table(rows: list[dict[str, Any]]) -> str:
    """Return the rows of `recalls` as Markdown."""
    lines = ["", "| corpus | chunks | recall@10, float32 | bfloat16 | least cosine |", "|---|---|---|---|---|"]
    for row in rows:
        full, half = row["recall"]
        lines.append(f"| {row['corpus']} | {row['chunks']:,} | {full:.3f} | {half:.3f} | {row['cosine']:.5f} |")
    return "\n".join(lines) + "\n"


def published() -> str:
    """Return what others published of the shape `large`, as chunks a second and the share of their card's peak."""
    counts = [115_000 // 256] * 2560
    lines = [f"| large | {counts[0]} | {way} | {2560 / took:,.0f} | {flop('large', counts) / took / 121e12:.1%} | |"
             for way, took in PUBLISHED.items()]  # fmt: skip
    return "\n".join(["", f"Published, on an L4: {SOURCE}.", "", *HEAD, *lines, ""])


def main() -> int:
    """Measure every shape at every length within the time that is given; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the table and the figures")
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="all but tiny unless given")
    parser.add_argument("--count", type=int, default=4096, help="texts of 256 tokens (4096)")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device, where it is not one of " + ", ".join(PEAKS))
    parser.add_argument("--seconds", type=float, default=240, help="begin no new length after so many (240)")
    parser.add_argument("--corpora", type=Path, metavar="FOLDER", help="what gpu_corpora.py wrote: recall on it too")
    flags = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    card = torch.cuda.get_device_name(0) if device == "cuda" else "CPU"
    peak = flags.peak or next((value for name, value in PEAKS.items() if name in card.split()), None)
    if peak is None:
        sys.exit(f"{card}: its peak is not known here; give it in TFLOP/s: --peak 0.1")
    flags.out.mkdir(parents=True, exist_ok=True)
    began, rows, left = time.monotonic(), [], []
    by_corpus = recalls(flags.corpora, device) if flags.corpora else []
    for shape in flags.shape or ("base", "minilm", "small", "large"):
        folder = flags.out / "models" / shape
        make(folder, shape)
        for tokens in LENGTHS:
            if time.monotonic() - began > flags.seconds:
                left.append(f"{shape} at {tokens or 'corpus'}")
                continue
            rows += measured(shape, tokens, max(16, flags.count * 256 // (tokens or 220)), folder, device, peak)
            figures = {"card": card, "peak_tflops": peak, "rows": rows, "recall": by_corpus}
            (flags.out / "gpu_embed.json").write_text(json.dumps(figures, indent=1))
    title = f"{card}, peak {peak:g} TFLOP/s, torch {torch.__version__}"
    recall = recall_table(by_corpus) if by_corpus else ""
    (flags.out / "gpu_embed.md").write_text(table(rows, title) + recall + published())
    for name in left:
        print(f"not measured, for lack of time: {name}", file=sys.stderr)
    return 0 if _twice(rows) else 1


def _twice(rows: list[dict[str, Any]]) -> bool:
    """Whether ours is at least twice theirs at 128 tokens, for each shape that both have."""
    best: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["tokens"] == 128 and "chunks_per_second" in row:
            key = row["shape"], row["way"].partition(",")[0]
            best[key] = max(best.get(key, 0.0), row["chunks_per_second"])
    pairs = [(rate, best.get((shape, "sentence-transformers"))) for (shape, way), rate in best.items() if way == "ours"]
    return all(rate >= 2 * theirs for rate, theirs in pairs if theirs)


if __name__ == "__main__":
    sys.exit(main())
