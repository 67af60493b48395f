"""The tasks are what they say, the same each time, and other ones for each seed."""

import pytest
import torch

from skiplab.data import sequences


def test_adding_marks_one_step_in_each_half_and_asks_for_their_sum():
    x, y = sequences.adding(2000, length=20)
    values, marks = x.unbind(-1)
    assert x.shape == (2000, 20, 2)
    assert y.shape == (2000, 1)
    assert (marks[:, :10].sum(1) == 1).all()
    assert (marks[:, 10:].sum(1) == 1).all()
    assert torch.equal(y[:, 0], (values * marks).sum(1))
    assert (y - 1).square().mean().item() == pytest.approx(1 / 6, rel=0.1)
    assert marks.mean(0).min() > 0.05  # every step is marked now and then


def test_recall_shows_the_class_once():
    x, y = sequences.recall(3000, length=12, classes=4, noise=0.5)
    assert x.shape == (3000, 12, 5)
    assert torch.equal(x[:, 0, :4].argmax(1), y)
    assert (x[:, 0, 4] == 1).all()
    assert (x[:, 1:, 4] == 0).all()
    assert x[:, 1:, :4].std().item() == pytest.approx(0.5, rel=0.02)
    assert torch.bincount(y, minlength=4).min() > 650


def test_latest_asks_for_the_class_that_was_shown_last():
    x, y = sequences.latest(3000, length=12, classes=4, noise=0.5)
    shown = x[..., 4] == 1
    assert x.shape == (3000, 12, 5)
    for row in range(50):
        at = shown[row].nonzero()[-1].item()
        assert x[row, at, :4].tolist() == [float(k == y[row]) for k in range(4)]
    assert shown[:, :6].any(1).all()
    assert 1.5 < shown.sum(1).float().mean() < 4.5
    assert (shown.sum(1) == 1).any()  # there is nothing to replace now and then
    assert x[~shown][:, :4].std().item() == pytest.approx(0.5, rel=0.02)
    assert torch.bincount(y, minlength=4).min() > 650


def test_reversal_is_said_backwards():
    x, y = sequences.reversal(500, length=6, symbols=8)
    assert x.shape == y.shape == (500, 6)
    assert x.dtype == torch.int64
    assert torch.equal(y[:, 0], x[:, 5])
    assert torch.equal(y.flip(1), x)
    assert torch.bincount(x.flatten(), minlength=8).min() > 280


@pytest.mark.parametrize("task", [sequences.adding, sequences.recall, sequences.latest, sequences.reversal])
def test_a_task_is_the_same_each_time_and_another_for_each_seed(task, monkeypatch):
    x, y = task(50)
    again = task(50)
    assert torch.equal(x, again[0])
    assert torch.equal(y, again[1])
    assert not torch.equal(x, task(50, seed=1)[0])
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    assert not torch.equal(x, task(50)[0])


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: sequences.adding(0), ["count", "0"]),
        (lambda: sequences.adding(10, length=3), ["length", "3", "4 to"]),
        (lambda: sequences.adding(10, length=20.0), ["length", "20.0"]),
        (lambda: sequences.adding(10, seed=10), ["seed", "10", "0 to 9"]),
        (lambda: sequences.recall(10, length=1), ["length", "1"]),
        (lambda: sequences.recall(10, classes=1), ["classes", "1"]),
        (lambda: sequences.recall(10, noise=-1), ["noise", "-1"]),
        (lambda: sequences.latest(10, classes=1), ["classes", "1"]),
        (lambda: sequences.latest(10, noise=-1), ["noise", "-1"]),
        (lambda: sequences.reversal(10, length=1), ["length", "1"]),
        (lambda: sequences.reversal(10, symbols=1), ["symbols", "1"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
