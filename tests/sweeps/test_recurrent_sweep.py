"""The longer trainings of the recurrent nets: shipped whole, and a cell made again agrees."""

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import recurrent as sweep


def test_every_cell_is_there_and_is_an_error():
    wrong = sweeps.load("recurrent")["wrong"]
    assert wrong.shape == (len(sweep.TASKS), len(sweep.CELLS), 2, sweep.SEEDS)
    assert np.isfinite(wrong).all()
    assert (wrong > 0).mean() > 0.7  # some recall all there is
    assert wrong[1].max() <= 1
    about = sweeps.load("recurrent")["about"]
    assert about["axes"]["task"] == list(sweep.TASKS)
    assert about["axes"]["cell"] == sweep.CELLS


def test_the_numbers_of_a_cell_are_found_by_name():
    wrong = sweeps.load("recurrent")["wrong"]
    assert np.array_equal(sweep.stored("adding", "RNN, orthogonal", "few"), wrong[0, 1, 0])
    assert np.array_equal(sweep.stored("recall", "LSTM"), wrong[1, 4, 1])


@pytest.mark.parametrize(("wrong", "said"), [
    (("adding", "GRU", "most"), "budget: expected one of 'few', 'many'"),
    (("adding", "Transformer"), "name: expected one of 'RNN'"),
    (("reversal", "GRU"), "task: expected one of 'adding', 'recall'"),
])  # fmt: skip
def test_what_was_not_measured_is_said(wrong, said):
    with pytest.raises(ValueError, match=said):
        sweep.stored(*wrong)


def test_a_cell_made_again_agrees():
    """Both take the same seeds; a hundred steps round differently on other machines."""
    again, shipped = sweep.cell("recall", "RNN + skip"), sweep.stored("recall", "RNN + skip", "few")
    assert abs(np.median(again) - np.median(shipped)) < 0.15
    assert np.corrcoef(again, shipped)[0, 1] > 0.5


def test_measure_makes_every_cell(monkeypatch):
    asked, reported = [], []
    monkeypatch.setattr(sweep, "cell", lambda *names: (asked.append(names), np.full(sweep.SEEDS, len(asked)))[1])
    found = sweep.measure(lambda done, of: reported.append((done, of)))["wrong"]
    assert len(set(asked)) == len(asked) == 20
    assert found[:, :, :, 0].tolist() == np.arange(1, 21).reshape(2, 5, 2).tolist()
    assert reported[-1] == (10, 10)
