"""The attention explorer shows the stored maps, as squares and as arcs, and who got how much right."""

import itertools

import numpy as np
import pytest

from skiplab import AttentionExplorer, sweeps
from skiplab.explorers.attention import CLEAR, FAINT, LENGTH, MODELS, WIDEST
from skiplab.scene.template import fill

TASKS = ("reverse", "copy", "swap halves")

STARTS = {dial.name: dial.start for dial in AttentionExplorer.dials}


def frame(**moved):
    return AttentionExplorer.frame(**(STARTS | moved))


def test_map_and_arcs_are_the_stored_ones():
    """Of the chosen symbol every weight is an arc; of the others those that stand out."""
    arcs = AttentionExplorer.scene["panels"][0]["marks"][0]
    for task, (steps, seed, chosen) in itertools.product(TASKS, ((0, 1, 1), (40, 3, 5), (100, 8, 8))):
        shown = frame(task=task, steps=steps, seed=seed, written=chosen)
        stored = sweeps.load("attention")["looks"].at(task=task, steps=steps, seeds=seed - 1)
        assert shown["map"].reshape(LENGTH, LENGTH) == pytest.approx(stored.array, abs=1e-3), (task, steps)  # written first on top
        for width, read, written in zip(shown["widths"], arcs["start"], arcs["end"], strict=True):
            weight = stored.at(written=int(written) - LENGTH, read=int(read))
            assert width == pytest.approx(WIDEST * weight if weight >= CLEAR else 0, abs=0.01), (task, steps, read, written)
        for read in range(1, LENGTH + 1):
            weight = stored.at(written=chosen, read=read)
            assert shown[f"width{read}"] == pytest.approx(WIDEST * weight if weight >= FAINT else 0, abs=0.01), (task, steps, read)
            assert shown[f"lift{read}"] == (shown["end"] - read) / 4, (task, steps, read)
        assert (shown["end"], shown["where"]) == (LENGTH + chosen, 1 + np.argmax(stored.at(written=chosen))), (task, steps)
        assert shown["most"] == pytest.approx(np.max(stored.at(written=chosen)), abs=2e-3), (task, steps)


def test_it_opens_on_a_few_thin_threads_and_a_net_that_guesses():
    shown = frame()
    assert not shown["widths"].any()
    assert max(shown[f"width{read}"] for read in range(1, LENGTH + 1)) < 0.2 * WIDEST
    assert shown["eighths"] == 1
    assert np.isnan(shown["attention_right"][1:]).all()


def test_the_dot_and_the_lines_are_the_stored_shares_as_far_as_the_dial_has_gone():
    for model in MODELS:
        shown, right = frame(model=model, steps=50, seed=2), sweeps.load("attention")["right"].at(task="reverse", model=model)
        assert shown["right_now"] == pytest.approx(right.at(steps=50, seeds=1), abs=2e-3), model
        assert shown["eighths"] == np.rint(LENGTH * right.at(steps=50, seeds=1)), model
        assert shown[f"{model}_right"][:11] == pytest.approx(right.median("seeds").array[:11], abs=2e-3), model
        assert np.isnan(shown[f"{model}_right"][11:]).all(), model
        assert shown[f"{model}_now"] == pytest.approx(right.at(steps=50).median("seeds"), abs=2e-3), model
        assert (shown[f"{model}_right_low"] <= shown[f"{model}_right_high"])[:11].all(), model


def test_the_lines_are_named_at_their_ends_and_the_names_keep_apart():
    named = {mark["text"]: mark["y"] for mark in AttentionExplorer.scene["panels"][-1]["marks"] if mark["kind"] == "text"}
    assert [*named] == ["guessing", "attention", "one vector"]
    for task, steps in itertools.product(TASKS, (0, 35, 100)):
        shown = frame(task=task, steps=steps)
        places = [shown[y[1:]] if isinstance(y, str) else y for y in named.values()]
        assert np.diff(sorted(places)).min() > 0.09, task
        assert abs(places[1] - shown["attention_right"][steps // 5]) < 0.25, task


def test_one_vector_draws_no_arcs():
    shown = frame(model="context")
    assert not shown["widths"].any()
    assert not any(shown[f"width{read}"] for read in range(1, LENGTH + 1))
    assert np.isnan(shown["map"]).all()
    assert (shown["model_no"], shown["chain"]) == (1, "plain")


@pytest.mark.parametrize(("moved", "said"), [
    ({"steps": 100}, "backwards. After 100 training steps network 1 gets 1.00 of them right with attention"),
    ({"steps": 100, "written": 3}, "Written symbol 3 gives 1.00 of its weight to place 6."),
    ({"model": "context"}, "by way of one vector: all that it read"),
    ({"task": "copy", "steps": 0}, "Eight symbols are to be written as they came. After 0 training steps"),
])  # fmt: skip
def test_the_setting_and_the_shares_are_said(moved, said):
    assert said in AttentionExplorer(**moved).snapshot()[0]


def test_the_title_says_how_many_are_right():
    said = [fill(AttentionExplorer.scene["panels"][0]["title"], frame(**now)) for now in ({"steps": 100}, {"model": "context"})]
    assert said == ["8 of 8 right with attention after 100 steps", "1 of 8 right by way of one vector after 0 steps"]


def test_the_block_is_small():
    assert len(AttentionExplorer()._block) < 200_000
