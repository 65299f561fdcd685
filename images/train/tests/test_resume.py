"""train: an interrupted run, on one process or two, goes on with the curve of an uninterrupted one."""

import os
import signal
from collections.abc import Callable

import numpy as np
import pytest
from support import LocalRun, Trained
from trainer import batches, checkpoint
from trainer import session as sessions


class Killed(BaseException):
    """What no program catches: the process is gone."""


def _kill_after_a_checkpoint(run: LocalRun) -> None:
    """Start the training as a process and kill it as soon as a checkpoint is written."""
    child = run.start_training()
    child.kill()
    child.communicate()


def _stop_dead_at_step_6(run: LocalRun) -> None:
    """Train in this process up to step 6, two after a checkpoint, and not further."""
    real = sessions.run_step

    def step(session: sessions.Session, number: int, order: batches.DataOrder) -> None:
        if number == 6:
            raise Killed
        real(session, number, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "run_step", step)
        with pytest.raises(Killed):
            run.train()


@pytest.mark.parametrize(("method", "kill"), [("full", _kill_after_a_checkpoint), ("lora", _stop_dead_at_step_6)])
def test_a_killed_run_goes_on_with_the_same_curve(
    method: str, kill: Callable[[LocalRun], None], prepared: LocalRun, uninterrupted: Callable[..., Trained],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each loss after the kill, dropout included, equals the uninterrupted run's; so do the weights, to the byte.

    Both runs compute the same sums with the same kernels and threads, so this holds on any processor.
    """
    expected = uninterrupted(METHOD=method)
    monkeypatch.setenv("METHOD", method)
    kill(prepared)
    done = checkpoint.steps(prepared.root)[-1]
    assert prepared.train() == 0
    facts = prepared.facts("train")
    assert facts["resumed_at"] == done
    assert prepared.losses() == expected.losses
    assert checkpoint.read(prepared.root, facts["steps"])["digest"] == expected.digest


def test_a_pod_that_must_go_saves_what_it_has_done(prepared: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM: a checkpoint of the step under way, exit code 143, and the next start resumes there."""
    real, done = sessions.run_step, []

    def step(session: sessions.Session, number: int, order: batches.DataOrder) -> None:
        real(session, number, order)
        done.append(number)
        if number == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(sessions, "run_step", step)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert prepared.train() == 143
        assert checkpoint.steps(prepared.root) == [2]
        assert prepared.train() == 0
    finally:
        signal.signal(signal.SIGTERM, before)
        sessions.stopping = False
    assert done == list(range(len(done)))  # no step was done twice, none left out


@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_processes_give_the_curve_of_one_and_go_on_where_they_stopped(
    sharding: str, prepared_without_dropout: LocalRun, uninterrupted: Callable[..., Trained],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Two processes, stopped by a SIGTERM and started again, against one: the loss is a mean over a step's targets.

    Each process holds a part of what is saved. torchrun's own exit code would be 1.
    """
    run = prepared_without_dropout
    expected = uninterrupted(dropout=False, EPOCHS="6").losses
    monkeypatch.setenv("EPOCHS", "6")
    monkeypatch.setenv("SIZING", run.size(processes=2, sharding=sharding))
    child = run.start_training()
    child.terminate()
    _, stderr = child.communicate()
    assert child.returncode == 143, stderr
    done = checkpoint.steps(run.root)[-1]
    assert done < len(expected)
    child = run.start("train", "--work", str(run.folder / "process"))
    _, stderr = child.communicate()
    assert child.returncode == 0, stderr
    assert run.facts("train")["resumed_at"] == done
    losses = run.losses()
    np.testing.assert_allclose(losses[:5], expected[:5], rtol=1e-4)
    np.testing.assert_allclose(losses, expected, rtol=5e-3)
    weights = run.run / "checkpoints" / f"{len(expected):08d}" / "model.safetensors"
    assert weights.stat().st_size == (run.folder / "process" / "base" / "model.safetensors").stat().st_size
