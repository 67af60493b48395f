"""The longer trainings of the recurrent nets: shipped whole, and a cell made again agrees."""

import numpy as np

from skiplab import sweeps
from skiplab.sweeps import recurrent as sweep

ERROR = sweeps.load("recurrent")["error"]


def test_every_cell_is_there_and_is_an_error():
    assert dict(ERROR.axes) == {name: tuple(values) for name, values in sweep.AXES.items()}
    assert np.isfinite(ERROR.array).all()
    assert np.mean(ERROR > 0) > 0.7  # some recall all there is
    assert ERROR.at(task="recall").array.max() <= 1


def test_a_cell_made_again_agrees():
    """Both take the same seeds; a hundred steps round differently on other machines."""
    where = {"task": "recall", "cell": "RNN + skip", "budget": "few"}
    again, shipped = sweep.cell(**where), ERROR.at(**where)
    assert abs(np.median(again) - shipped.median("seeds")) < 0.15
    assert np.corrcoef(again, shipped)[0, 1] > 0.5


def test_measure_makes_every_cell(monkeypatch):
    asked, reported = [], []
    monkeypatch.setattr(sweep, "cell", lambda **where: (asked.append(tuple(where.values())), np.full(sweep.SEEDS, float(len(asked))))[1])
    found = sweep.measure(lambda done, of: reported.append((done, of)))["error"]
    assert len(set(asked)) == len(asked) == 20
    assert found.at(seeds=0).array.tolist() == np.arange(1, 21).reshape(2, 5, 2).tolist()
    assert reported[-1] == (20, 20)
