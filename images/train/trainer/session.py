"""A run's training in one process: what it holds, the step that it repeats, the checkpoints that it leaves."""

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

from trainer import bases, checkpoint, resume, tokens, training
from trainer import plan as plans
from trainer.batches import Batch, Order, forwards, learned
from trainer.progress import Progress

stopping = False


def stop(*_: object) -> None:
    """Asks the training to end after the step under way; a signal's handler."""
    global stopping
    stopping = True


@dataclass(slots=True)
class Session:
    """What one process of a run holds."""

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


def bring(run: settings.Run, work: Path, world: training.World) -> tuple[int | None, str]:
    """Puts base, tokens and the newest checkpoint on this machine, once; returns its step and the base's digest."""
    at = checkpoint.resumable(run.root)
    if world.first:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        bases.fetch(settings.facts("MODEL"), work / "base")
        place = receipt.facts(run, "tokenize_dataset")["place"]
        objects.fetch(f"{place}/{tokens.TABLE}", work / tokens.TABLE)
        if at is not None:
            checkpoint.fetch(run.root, at, work / "resume", resume=True)
    if world.size > 1:
        dist.barrier()
    return at, bases.digest(work / "base")


def begin(work: Path, every: float) -> tuple[Session, int]:
    """Returns a session and the step from which it goes on."""
    run, plan, world = settings.run(), plans.read(), training.join()
    at, base = bring(run, work, world)
    training.seed(plan.seed)
    last = work / "resume"
    full = plan.method == "full" and at is not None
    adapter = last if plan.method == "lora" and at is not None else None
    model = training.load(last if full else work / "base", plan, world, adapter)
    model = training.spread(model, plan, world)
    adam = training.optimiser(model, plan)
    packs = tokens.Packs(work / tokens.TABLE)
    session = Session(
        run, plan, world, work, packs, bases.tokenizer(work / "base"), model, adam, base,
        Progress(run.root, plan.steps(len(packs)), every),
    )  # fmt: skip
    training.seed(plan.seed + world.rank)
    if at is not None:
        state = resume.read(last)
        resume.restore(model, adam, state, plan, world)
        session.progress.history = [tuple(point) for point in state["history"]]
        if world.first:
            info("resumed", message=f"goes on after step {at}", at=at)
    return session, at or 0


def one_step(session: Session, step: int, order: Order) -> None:
    """Does one optimiser step.

    Raises:
        InputError: the loss or the gradient is not a number; names the step and the rows.
    """
    plan, world = session.plan, session.world
    numbers = order.step(step)
    targets = sum(learned(session.packs[i]) for i in numbers)
    pad = session.tokenizer.eos_token_id
    batches = forwards(numbers, plan, world.rank, session.packs, pad)
    rate = plan.rate(step, session.progress.steps)
    for group in session.adam.param_groups:
        group["lr"] = rate
    value, norm = training.update(session.model, session.adam, batches, max(1, targets), plan, world)
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise InputError(broken(session, step, numbers, batches, value, norm))
    seen = sum(len(session.packs[i].tokens) for i in numbers)
    if world.first:
        session.progress.add(step + 1, value, norm, rate, seen)


def broken(session: Session, step: int, numbers: list[int], batches: list[Batch], value: float, norm: float) -> str:
    """Returns what to say of a step whose loss or gradient is not a number: the rows of the pass that shows it."""
    lines = sorted({int(line) for i in numbers for line in session.packs[i].lines})
    if session.world.size == 1 and not math.isfinite(value):
        with torch.no_grad():
            for batch in batches:
                if not math.isfinite(
                    float(training.loss(session.model, batch.to(session.world.device), session.world))
                ):
                    lines = sorted(batch.lines)
                    break
    shown = ", ".join(str(line) for line in lines[:10]) + (f" and {len(lines) - 10} more" if len(lines) > 10 else "")
    what = f"the loss is {value}" if not math.isfinite(value) else f"the gradient's norm is {norm}"
    return (
        f"step {step + 1}: {what}; batch of packs {', '.join(map(str, numbers[:8]))}: dataset lines {shown}. "
        f"The learning rate was {session.adam.param_groups[0]['lr']:.3g}: lower it, or look at these rows; "
        f"the last checkpoint is whole"
    )


def save(session: Session, step: int) -> None:
    """Writes the checkpoint of a step; every process must call it."""
    plan, world = session.plan, session.world
    weights, adam = resume.gathered(session.model, session.adam, plan, world)
    states = [resume.random_state()]
    if world.size > 1:
        states = [None] * world.size  # type: ignore[list-item]
        dist.all_gather_object(states, resume.random_state())
    if world.first:
        folder = session.work / f"checkpoint-{step}"
        history = [list(point) for point in session.progress.history]
        state = {"optimiser": adam, "random": states, "history": history, "position": step}
        resume.write(folder, session.model, session.work / "base", weights, state)
        started = time.monotonic()
        facts = {"loss": history[-1][1], "method": plan.method, "base": session.base, "tokens": session.progress.tokens}
        checkpoint.save(session.run.root, step, folder, facts)
        checkpoint.thin(session.run.root, step)
        session.progress.draw()
        shutil.rmtree(folder)
        info("checkpoint", message=f"checkpoint of step {step} written", at=step, seconds=time.monotonic() - started)
    if world.size > 1:
        dist.barrier()


def asked_to_stop(world: training.World) -> bool:
    """Returns whether any process was told to stop, the same answer in all of them."""
    if world.size == 1:
        return stopping
    flag = torch.tensor([float(stopping)], device=world.device)
    dist.all_reduce(flag)
    return bool(flag.item())


def loop(session: Session, start: int) -> None:
    """Trains from a step to the last.

    Raises:
        Interrupted: the process was told to stop; a checkpoint of all that was done stands.
    """
    steps = session.progress.steps
    saves = set(session.plan.checkpoints(len(session.packs)))
    order = Order(len(session.packs), session.plan)
    for step in range(start, steps):
        one_step(session, step, order)
        stop = asked_to_stop(session.world)
        if step + 1 in saves or stop:
            save(session, step + 1)
        if stop and step + 1 < steps:
            raise Interrupted(f"told to stop after step {step + 1} of {steps}; the next start resumes there")


def train(work: Path, every: float) -> None:
    """Runs one process's part of the training and, in the first, writes the receipt's part."""
    began = time.time()
    session, start = begin(work, every)
    if session.world.first:
        checkpoint.reopen(session.run.root)
    loop(session, start)
    if session.world.first:
        trained = sum(p.numel() for p in session.model.parameters() if p.requires_grad)
        facts = {
            "plan": session.plan.as_facts(), "base": session.base, "steps": session.progress.steps,
            "tokens": session.progress.tokens, "tokens_per_second": round(session.progress.speed(), 1),
            "loss": session.progress.history[-1][1], "resumed_at": start, "trained_parameters": trained,
            "checkpoints": session.plan.checkpoints(len(session.packs)), "device": str(session.world.device),
        }  # fmt: skip
        receipt.write_part(session.run, "train", facts, began)
        info("trained", message=f"{session.progress.steps} steps, loss {facts['loss']:.4f}", **facts["plan"])
    if session.world.size > 1:
        dist.destroy_process_group()
