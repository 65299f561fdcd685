"""One process of a run's training: its state, the step that it repeats, and the checkpoints that it writes."""

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from runtime import objects, receipt, settings
from runtime.errors import InputError, Interrupted
from runtime.log import info
from runtime.words import plural

from trainer import bases, checkpoint, packing, precision, resume, tokens, training
from trainer import plan as plans
from trainer.batches import Batch, DataOrder, micro_batches, target_count
from trainer.progress import Progress

LINES_SHOWN = 10  # of the dataset, in a message
PACKS_SHOWN = 8

stopping = False


def stop(*_: object) -> None:
    """Request that training ends after the step under way; a signal handler."""
    global stopping
    stopping = True


@dataclass(slots=True)
class Session:
    """The state of one process of a run.

    Attributes:
        run, plan, world: what is trained, how, and by which process.
        work: a folder of this machine for base, tokens and checkpoints under way.
        packs, tokenizer: the data.
        model, adam: what is trained, and its optimiser.
        base: the base model's digest.
        progress: the history so far.
    """

    run: settings.Run
    plan: plans.Plan
    world: training.World
    work: Path
    packs: tokens.Packs
    tokenizer: Any
    model: Any
    adam: torch.optim.Optimizer
    base: str
    progress: Progress


def fetch_inputs(run: settings.Run, work: Path, world: training.World) -> tuple[int | None, str]:
    """Download the base model, the tokens and the newest checkpoint, once a machine.

    Returns:
        The step of the checkpoint, or None, and the base model's digest.
    """
    if world.first:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        bases.fetch(settings.facts("MODEL"), work / "base")
        place = receipt.facts(run, "tokenize_dataset")["place"]
        objects.fetch(f"{place}/{tokens.TABLE}", work / tokens.TABLE)
        checkpoint.fetch_newest(run.root, work / "resume")
    if world.size > 1:
        dist.barrier()
    resumed = next(iter(checkpoint.resumable(run.root)), None)  # the one that was fetched: altered ones are gone
    return resumed, bases.digest(work / "base")


def start(work: Path, interval: float) -> tuple[Session, int]:
    """Set a session up, from the newest checkpoint where there is one.

    Args:
        work: a folder of this machine.
        interval: seconds between two lines of progress.

    Returns:
        The session and how many steps are done.
    """
    run, plan, world = settings.run(), plans.read(), training.join_world()
    resumed, base = fetch_inputs(run, work, world)
    training.seed(plan.seed)
    last = work / "resume"
    whole = plan.method == "full" and resumed is not None
    adapter = last if plan.method == "lora" and resumed is not None else None
    model = training.load(last if whole else work / "base", plan, world, adapter)
    if plan.packing:
        packing.check(model)
    if (why := training.compile_layers(model, world)) and world.device.type == "cuda" and world.first:
        info("layers", message=f"the layers are not compiled, which takes half as long again: {why}")
    model = training.distribute(model, plan, world)
    adam = training.optimiser(model, plan)
    packs = tokens.Packs(work / tokens.TABLE)
    session = Session(
        run, plan, world, work, packs, bases.load_tokenizer(work / "base"), model, adam, base,
        Progress(run.root, plan.steps(len(packs)), interval),
    )  # fmt: skip
    training.seed(plan.seed + world.rank)  # each process draws dropout of its own
    if resumed is not None:
        state = resume.read(last)
        resume.restore(model, adam, state, plan, world)
        session.progress.history = [tuple(point) for point in state["history"]]
        if world.first:
            info("resumed", message=f"resumed after step {resumed}", at=resumed)
    return session, resumed or 0


def run_step(session: Session, step: int, order: DataOrder) -> None:
    """Do one optimiser step.

    Args:
        session: this process.
        step: its number, from 0.
        order: the order of the data.

    Raises:
        InputError: the loss or the gradient is not finite; names the step and the rows.
    """
    plan, world = session.plan, session.world
    numbers = order.packs_of(step)
    targets = sum(target_count(session.packs[i]) for i in numbers)
    batches = micro_batches(numbers, plan, world.rank, session.packs, session.tokenizer.eos_token_id)
    rate = plan.rate(step, session.progress.steps)
    for group in session.adam.param_groups:
        group["lr"] = rate
    value, norm = training.update(session.model, session.adam, batches, max(1, targets), plan, world)
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise InputError(_divergence(session, step, numbers, batches, value, norm))
    if world.first:
        session.progress.add(step + 1, value, norm, rate, sum(len(session.packs[i].tokens) for i in numbers))


def _divergence(
    session: Session, step: int, numbers: list[int], batches: list[Batch], value: float, norm: float
) -> str:
    """Return the message about a step whose loss or gradient is not finite."""
    lines = sorted({int(line) for i in numbers for line in session.packs[i].lines})
    if session.world.size == 1 and not math.isfinite(value):
        lines = _diverging_lines(session, batches) or lines
    shown = ", ".join(map(str, lines[:LINES_SHOWN]))
    if len(lines) > LINES_SHOWN:
        shown += f" and {len(lines) - LINES_SHOWN} more"
    what = f"the loss is {value}" if not math.isfinite(value) else f"the gradient's norm is {norm}"
    return (
        f"step {step + 1}: {what}; batch of packs {', '.join(map(str, numbers[:PACKS_SHOWN]))}: dataset lines {shown}. "
        f"The learning rate was {session.adam.param_groups[0]['lr']:.3g}: lower it, or check these rows; "
        f"the last checkpoint is intact"
    )


def _diverging_lines(session: Session, batches: list[Batch]) -> list[int]:
    """Return the dataset lines of the first pass whose loss is not finite."""
    device = session.world.device
    with torch.no_grad():
        for batch in batches:
            if not math.isfinite(float(training.loss(session.model, batch.to(device), session.world))):
                return sorted(batch.lines)
    return []


def save(session: Session, step: int) -> None:
    """Write the checkpoint of a step; every process must call it."""
    plan, world = session.plan, session.world
    weights, adam = resume.gather(session.model, session.adam, plan, world)
    states = [resume.random_state()]
    if world.size > 1:
        states = [None] * world.size  # type: ignore[list-item]
        dist.all_gather_object(states, resume.random_state())
    if world.first:
        started = time.monotonic()
        folder = session.work / f"checkpoint-{step}"
        history = [list(point) for point in session.progress.history]
        state = {"optimiser": adam, "random": states, "history": history, "position": step}
        resume.write(folder, session.model, session.work / "base", weights, state)
        facts = {
            "loss": history[-1][1], "method": plan.method, "base": session.base, "tokens": session.progress.tokens,
            "precision": precision.of(session.work / "base"),
        }  # fmt: skip
        checkpoint.save(session.run.root, step, folder, facts)
        checkpoint.remove_stale_states(session.run.root, step)
        session.progress.write_curve()
        shutil.rmtree(folder)
        info("checkpoint", message=f"checkpoint of step {step} written", at=step, seconds=time.monotonic() - started)
    if world.size > 1:
        dist.barrier()


def stop_requested(world: training.World) -> bool:
    """Return whether any process was told to stop; the answer is the same in all of them."""
    if world.size == 1:
        return stopping
    flag = torch.tensor([float(stopping)], device=world.device)
    dist.all_reduce(flag)
    return bool(flag.item())


def run_steps(session: Session, done: int) -> None:
    """Train to the last step.

    Args:
        session: this process.
        done: steps done already.

    Raises:
        Interrupted: the process was told to stop; a checkpoint of all that was done is written.
    """
    steps = session.progress.steps
    checkpoints = set(session.plan.checkpoints(len(session.packs)))
    order = DataOrder(len(session.packs), session.plan)
    for step in range(done, steps):
        run_step(session, step, order)
        stop_now = stop_requested(session.world)
        if step + 1 in checkpoints or stop_now:
            save(session, step + 1)
        if stop_now and step + 1 < steps:
            raise Interrupted(f"stopped after step {step + 1} of {steps}, as requested; the next start resumes there")


def train(work: Path, interval: float) -> None:
    """Run one process's part of the training; the first process writes the receipt's part.

    Args:
        work: a folder of this machine.
        interval: seconds between two lines of progress.
    """
    began = time.time()
    session, done = start(work, interval)
    if session.world.first:
        checkpoint.reopen(session.run.root)
    run_steps(session, done)
    if session.world.first:
        trained = sum(p.numel() for p in session.model.parameters() if p.requires_grad)
        facts = {
            "plan": session.plan.as_facts(), "base": session.base, "steps": session.progress.steps,
            "tokens": session.progress.tokens, "tokens_per_second": round(session.progress.speed(), 1),
            "loss": session.progress.history[-1][1], "resumed_at": done, "trained_parameters": trained,
            "checkpoints": session.plan.checkpoints(len(session.packs)), "device": str(session.world.device),
        }  # fmt: skip
        receipt.write_part(session.run, "train", facts, began)
        info("trained", message=f"{plural(session.progress.steps, 'step')}, loss {facts['loss']:.4f}", **facts["plan"])
    if session.world.size > 1:
        dist.destroy_process_group()
