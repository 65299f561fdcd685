"""Makes the best checkpoint that meets the threshold the candidate: weights packaged, a version in MLflow's registry.

SUITE=held-out METRIC=exact_match THRESHOLD=0.8 MLFLOW=http://127.0.0.1:5000 MODEL='{"name":"small"}' \
OBJECTS=... ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m promote --version \
/work/out/version --work /work/promote

Reads <run>/evals/*/scorecard.json. Writes <project>/<pipeline>/models/<digest>/ (weights in safetensors, merged or as
an adapter, tokenizer, README.md), one registered version named <project>.<pipeline> with alias `candidate`, and its
number to the file. Below the threshold it registers nothing and ends with 65, saying what missed by how much.
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
from runtime.log import info, warning
from runtime.program import main
from trainer import bases, checkpoint, model_card, scorecards
from trainer.scorecards import Score


def before(scores: list[Score]) -> Score | None:
    """Returns the base model's score, None where it was not scored."""
    return next((s for s in scores if s.step == checkpoint.BASE), None)


def choose(scores: list[Score], metric: str, threshold: float) -> Score:
    """Returns the best checkpoint's score, the earlier one of two that are equal; the base model is none of them.

    Raises:
        InputError: there is no scorecard, or none reaches the threshold; says by how much the best misses it.
    """
    trained = [s for s in scores if s.step != checkpoint.BASE]
    if not trained:
        raise InputError("no checkpoint was scored, so none can be promoted; the evaluations say why")
    best = max(trained, key=lambda s: (s.value, -s.step))
    if best.value < threshold:
        every = ", ".join(f"step {s.step}: {s.value:.4f}" if s.step else f"base: {s.value:.4f}" for s in scores)
        raise InputError(
            f"nothing is promoted: {metric} {best.value:.4f} (95 % {best.low:.4f} to {best.high:.4f}, n={best.n}) of "
            f"the best checkpoint, step {best.step}, misses the threshold {threshold:g} by "
            f"{threshold - best.value:.4f}; {every}"
        )
    return best


def package(run: settings.Run, step: int, work: Path, merged: bool) -> tuple[Path, dict[str, Any]]:
    """Returns a folder with what a server needs of a checkpoint, and what its DONE holds.

    Args:
        merged: whether an adapter's weights are added into its base's, so that any server can load them.
    """
    shutil.rmtree(work, ignore_errors=True)
    done = checkpoint.fetch(run.root, step, work / "checkpoint")
    if done["method"] == "full" or not merged:
        return work / "checkpoint", done
    from peft import PeftModel  # late: torch is not needed for full weights
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    base = bases.fetch(settings.facts("MODEL"), work / "base")
    if (found := bases.digest(base)) != done["base"]:
        raise InputError(
            f"the base model changed while this run went on: trained on {done['base']}, there is {found} now"
        )
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(str(base)), str(work / "checkpoint"))
    model.merge_and_unload().save_pretrained(str(work / "merged"), safe_serialization=True)
    bases.copy_tokenizer(work / "checkpoint", work / "merged")
    return work / "merged", done


def publish(run: settings.Run, folder: Path, card: str) -> tuple[str, str]:
    """Writes the package beside its address by digest and returns (address, digest)."""
    (folder / "README.md").write_text(card)
    digest = bases.digest(folder)
    place = f"{run.home}/models/{digest[:16]}"
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        objects.upload(file, f"{place}/{file.relative_to(folder)}")
    return place, digest


def tags(run: settings.Run, facts: dict[str, Any]) -> dict[str, str]:
    """Returns the tags of a registered version: where it comes from, down to the bytes."""
    return {f"dac.{key}": str(value) for key, value in facts.items()} | {
        "dac.run": run.run_name, "dac.project": run.project, "dac.pipeline": run.pipeline,
        "dac.commit": run.commit, "dac.receipt": f"{run.home}/receipts/{run.run_name}.json",
    }  # fmt: skip


def log_mlflow(run: settings.Run, address: str, cards: dict[int, dict[str, Any]], every: dict[str, str]) -> str:
    """Writes the run with its losses and scores to MLflow and returns its id there."""
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", type=Path, required=True, help="file for the registered version's number")
    parser.add_argument("--work", type=Path, required=True, help="folder for the weights")
    flags = parser.parse_args()
    began = time.time()
    run, model = settings.run(), settings.facts("MODEL")
    metric, threshold = os.environ.get("METRIC", "exact_match"), settings.number("THRESHOLD", 1.0)
    address, name = os.environ.get("MLFLOW", ""), f"{run.project}.{run.pipeline}"
    cards = scorecards.read(run)
    scores = scorecards.scores(cards, metric)
    best, base = choose(scores, metric, threshold), before(scores)
    if base is not None and base.value >= best.value:
        warning("no_gain", f"the base model scores {base.value:.4f} already: {metric} gains nothing by this training")
    folder, done = package(run, best.step, flags.work, model.get("publish", "merged") == "merged")
    prepared, trained = receipt.facts(run, "prepare"), receipt.facts(run, "train")
    card = model_card.write(name, model, prepared, trained, best, base, metric, threshold, run)
    place, digest = publish(run, folder, card)
    facts = {
        "step": best.step, "metric": metric, "value": f"{best.value:.6f}", "threshold": f"{threshold:g}",
        "suite": os.environ.get("SUITE", "held-out"), "scorecard": f"{scorecards.root(run, best.step)}/scorecard.json",
        "dataset": f"{prepared['dataset']}@sha256:{prepared['sha256']}", "base": model.get("name", ""),
        "base_value": "" if base is None else f"{base.value:.6f}",
        "base_digest": done["base"], "weights_digest": digest, "checkpoint_digest": done["digest"],
    }  # fmt: skip
    every = tags(run, facts)
    every["dac.mlflow_run"] = log_mlflow(run, address, cards, every)
    number = registry.register(
        address, name, place, run.run_id, every, f"{metric} {best.value:.4f} at step {best.step}"
    )
    flags.version.parent.mkdir(parents=True, exist_ok=True)
    flags.version.write_text(f"{number}\n")
    told = {**facts, "model": name, "version": number, "weights": place}
    receipt.write_part(run, "promote", told, began)
    info(
        "promoted",
        message=f"{name} version {number} is the candidate: {metric} {best.value:.4f}, {threshold:g} was asked"
        + ("" if base is None else f" and {base.value:.4f} the base model's"),
        **facts,
    )


if __name__ == "__main__":
    main("promote", program)
