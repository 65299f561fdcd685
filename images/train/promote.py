"""Promote the best checkpoint that earns it: package its weights and register a version with MLflow.

SUITE=held-out METRIC=exact_match THRESHOLD=0.8 MLFLOW=http://127.0.0.1:5000 MODEL='{"name":"small"}' \
OBJECTS=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m promote --version \
/work/out/version --work /work/promote --least-samples 50

Reads <run>/evals/*/scorecard.json. Writes <project>/<pipeline>/models/<digest>/ (weights in safetensors, merged or as
an adapter, tokenizer, README.md), one registered version named <project>.<pipeline> with alias `candidate`, and its
number to the file. What a checkpoint must show is in trainer/promotion.py: the threshold below its whole interval, a
gain over the base model, no less than the present candidate. A candidate that was scored on other rows stays, unless
REPLACE holds its version, which a person sets by hand. Otherwise nothing is registered, and the exit code is 65.
REGISTERED_MODELS holds the catalog's lists of who may register which model: a pipeline that may not ends with 65.
"""

import argparse
import os
import shutil
import time
from pathlib import Path
from typing import Any

import orjson
from runtime import objects, receipt, registry, settings
from runtime.errors import InputError
from runtime.log import info
from runtime.program import main
from trainer import bases, checkpoint, model_card, precision, promotion, scorecards


def package(run: settings.Run, step: int, work: Path, merged: bool) -> tuple[Path, dict[str, Any]]:
    """Collect what a server needs of a checkpoint, in the precision of its base model.

    Args:
        run: the run.
        step: the checkpoint's.
        work: a folder of this machine.
        merged: whether to merge an adapter into its base, so that any server can load it.

    Returns:
        The folder, and the content of the checkpoint's DONE.

    Raises:
        InputError: the base model is not the one that was trained on.
    """
    shutil.rmtree(work, ignore_errors=True)
    done = checkpoint.fetch(run.root, step, work / "checkpoint")
    if done["method"] == "full":
        precision.convert(work / "checkpoint", done.get("precision", ""))
    if done["method"] == "full" or not merged:
        return work / "checkpoint", done
    from peft import PeftModel  # here, since full weights need no torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    base = bases.fetch(settings.facts("MODEL"), work / "base")
    if (digest := bases.digest(base)) != done["base"]:
        raise InputError(f"the base model changed during this run: trained on {done['base']}, now {digest}")
    bare = AutoModelForCausalLM.from_pretrained(str(base), dtype="auto")
    model = PeftModel.from_pretrained(bare, str(work / "checkpoint"))
    model.merge_and_unload().save_pretrained(str(work / "merged"), safe_serialization=True)
    bases.copy_tokenizer(work / "checkpoint", work / "merged")
    return work / "merged", done


def publish(run: settings.Run, folder: Path, card: str) -> tuple[str, str]:
    """Upload the package under an address made from its digest, and return (address, digest)."""
    (folder / "README.md").write_text(card)
    digest = bases.digest(folder)
    place = f"{run.home}/models/{digest[:16]}"
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        objects.upload(file, f"{place}/{file.relative_to(folder)}")
    return place, digest


def tags(run: settings.Run, facts: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a registered version: its provenance, down to digests."""
    return {f"dac.{key}": str(value) for key, value in facts.items()} | {
        "dac.run": run.run_name, "dac.project": run.project, "dac.pipeline": run.pipeline,
        "dac.commit": run.commit, "dac.receipt": f"{run.home}/receipts/{run.run_name}.json",
    }  # fmt: skip


def log_mlflow(run: settings.Run, address: str, cards: dict[int, dict[str, Any]], every: dict[str, str]) -> str:
    """Log the run with its losses and scores to MLflow and return its id there."""
    points: dict[str, list[tuple[int, float]]] = {}
    for line in objects.lines(f"{run.root}/train/loss.jsonl"):
        point = orjson.loads(line)
        for name in ("loss", "gradient_norm", "learning_rate"):
            points.setdefault(name, []).append((point["step"], point[name]))
    for step, card in cards.items():
        for name, facts in card["metrics"].items():
            points.setdefault(name, []).append((step, facts["value"]))
    plan = receipt.facts(run, "train")["plan"]
    return registry.log_run(address, f"{run.project}/{run.pipeline}", run.run_id, every, plan, points)


def program() -> None:
    """Promote the best checkpoint, or say why none is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", type=Path, required=True, help="file for the registered version's number")
    parser.add_argument("--work", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--least-samples", type=int, default=1, help="fewest samples that a score may be of")
    flags = parser.parse_args()
    began = time.time()
    run, model = settings.run(), settings.facts("MODEL")
    metric, threshold = os.environ.get("METRIC", "exact_match"), settings.number("THRESHOLD", 1.0)
    address, name = os.environ.get("MLFLOW", ""), f"{run.project}.{run.pipeline}"
    registry.refuse_foreign(run, name, "promote")
    cards = scorecards.read(run)
    scores = scorecards.scores(cards, metric)
    best, base = promotion.best(scores, metric), promotion.base(scores)
    suite_digest = cards[best.step]["dataset"]["sha256"]
    for step in (base.step, best.step):
        promotion.check_answers(step, cards[step]["samples"])
    rules = str(cards[best.step]["metrics"][metric].get("signature", ""))
    claim, replace = promotion.Claim(metric, threshold, flags.least_samples, rules), os.environ.get("REPLACE", "")
    present = promotion.candidate(registry.candidate(address, name), run.run_id, claim, suite_digest, replace)
    promotion.check(claim, scores, best, base, present)
    folder, done = package(run, best.step, flags.work, model.get("publish", "merged") == "merged")
    prepared, trained = receipt.facts(run, "prepare"), receipt.facts(run, "train")
    cut = cards[best.step]["samples"].get("cut", 0)
    card = model_card.write(name, model, prepared, trained, best, base, metric, threshold, run, cut)
    place, digest = publish(run, folder, card)
    facts = {
        "step": best.step, "metric": metric, "value": f"{best.value:.{promotion.DIGITS}f}",
        "threshold": f"{threshold:g}",
        "suite": os.environ.get("SUITE", "held-out"), "scorecard": f"{scorecards.root(run, best.step)}/scorecard.json",
        "dataset": f"{prepared['dataset']}@sha256:{prepared['sha256']}", "base": model.get("name", ""),
        "suite_digest": suite_digest, "rules": rules, "cut": cut,
        "base_value": f"{base.value:.6f}",
        "base_digest": done["base"], "weights_digest": digest, "checkpoint_digest": done["digest"],
    }  # fmt: skip
    every = tags(run, facts)
    every["dac.mlflow_run"] = log_mlflow(run, address, cards, every)
    number = registry.register(
        address, name, place, run.run_id, every, f"{metric} {best.value:.4f} at step {best.step}"
    )
    flags.version.parent.mkdir(parents=True, exist_ok=True)
    flags.version.write_text(f"{number}\n")
    part = {**facts, "model": name, "version": number, "weights": place}
    receipt.write_part(run, "promote", part, began)
    message = (
        f"{name} version {number} is the candidate: {metric} {best.value:.4f} (threshold {threshold:g}, "
        f"base model {base.value:.4f})"
    )
    info("promoted", message=message, **facts)


if __name__ == "__main__":
    main("promote", program)
