"""A prediction is asked for, never waited for, and shown beside what was measured."""

import re

import numpy as np
import pytest
import torch

from skiplab.lesson import predict as room
from skiplab.lesson.predict import predict, reveal

NAN = float("nan")


@pytest.fixture(autouse=True)
def none_asked(monkeypatch):
    monkeypatch.setattr(room, "asked", {})


def printed(capsys):
    return capsys.readouterr().out.splitlines()


def test_without_an_answer_the_words_are_the_same_on_every_machine(capsys):
    predict("t-p1", "What is left?", choices=["all", "nothing"])
    predict("t-p2", "How many steps?", 0, 400, unit="steps")
    reveal("t-p1", "nothing")
    reveal("t-p2", [12, 17, 18])
    reveal("t-p2", 17)
    assert printed(capsys) == [
        "◇ t-p1 · What is left?", "    all · nothing",
        "◇ t-p2 · How many steps?", "    a number from 0 to 400 steps",
        "◇ t-p1 · What is left?", "    Answer: nothing. No prediction was given this time.",
        "◇ t-p2 · How many steps?", "    No prediction was given this time.",
        "    measured: ◆ median", "      steps ──•◆──────────────────────────────────── 17 [12, 18]",
        "◇ t-p2 · How many steps?", "    No prediction was given this time.", "    measured: steps 17",
    ]  # fmt: skip


def test_an_answer_stands_beside_what_was_measured(capsys):
    predict("t-p1", "What is left?", choices=["all", "nothing"])
    predict("t-p2", "How many steps?", 0, 400, unit="steps")
    room.asked["t-p1"].answer, room.asked["t-p2"].answer = "all", 200
    printed(capsys)
    reveal("t-p1", "nothing")
    reveal("t-p1", "all")
    assert printed(capsys)[1::2] == ["    Answer: nothing. You predicted: all.", "    Answer: all. As you predicted."]
    for measured, side in ((17, 1), (399, -1), ([10, 20], 1), (torch.tensor([390.0, 400.0]), -1)):
        reveal("t-p2", measured)
        _, given, head, row = printed(capsys)
        assert (given, head) == ("    You predicted: 200 steps.", "    measured: │ your prediction, ◆ median")
        track = re.search("[─•●◆│]{12,}", row)[0]
        assert abs(track.index("│") - 19) <= 1
        assert (track.index("│") - track.index("◆")) * side > 0
    assert room.asked["t-p2"]._measured == "Measured: 395 [390, 400] steps."


def test_a_cell_that_is_run_again_keeps_the_answer_and_another_question_has_none(capsys, monkeypatch):
    predict("t-p1", "What?", 0, 1)
    room.asked["t-p1"].answer = 0.25
    predict("t-p1", "What?", 0, 1)
    assert room.asked["t-p1"].answer == 0.25
    with pytest.raises(ValueError, match=r"name: .*'t-p1', which stands for 'What\?'"):
        predict("t-p1", "Where?", 0, 1)
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    predict("t-p1", "Where?", 0, 1)
    assert (room.asked["t-p1"].question, room.asked["t-p1"].answer) == ("Where?", None)
    predict("t-p1", "Where?", 0, 2)
    assert room.asked["t-p1"].dial.most == 2


def test_the_dial_is_whole_where_both_ends_are():
    for low, high, step in ((0, 400, 1), (0.0, 1, 0.01), (-2, 2.0, 0.04)):
        predict(f"t-{high}", "What?", low, high)
        assert room.asked[f"t-{high}"].dial.step == pytest.approx(step)
        assert room.asked[f"t-{high}"]._spec["dials"][0]["start"] is None


def test_what_cannot_be_asked_is_named(subtests):
    for wrong, how in [
        ("name", (1, "What?", 0, 1)), ("question", ("t", None, 0, 1)), ("low", ("t", "What?")), ("low", ("t", "What?", NAN, 1)),
        ("high", ("t", "What?", 0)), ("high", ("t", "What?", 1, 1)), ("low", ("t", "What?", "a", 1)), ("high", ("t", "What?", 0, True)),
    ]:  # fmt: skip
        with subtests.test(how=how), pytest.raises((TypeError, ValueError), match=rf"^{wrong}: expected .*, got"):
            predict(*how)
    for choices in [[], ["one"], "yes", ["a", "a"], ["a", ""], ["a", 1], 3]:
        with subtests.test(choices=choices), pytest.raises(TypeError, match=r"^choices: expected two different texts or more, got"):
            predict("t", "What?", choices=choices)
    with pytest.raises(TypeError, match=r"^choices: expected either"):
        predict("t", "What?", 0, 1, choices=["a", "b"])
    with pytest.raises(TypeError, match=r"^unit: expected"):
        predict("t", "What?", 0, 1, unit=3)
    assert room.asked == {}


def test_what_cannot_be_revealed_is_named(subtests):
    with pytest.raises(ValueError, match=r"^name: expected that of a prediction, of which there is none yet, got 't-p1'"):
        reveal("t-p1", 1)
    predict("t-p1", "What?", choices=["all", "nothing"])
    predict("t-p2", "What?", 0, 1)
    with pytest.raises(ValueError, match=r"^name: expected that of a prediction, 't-p1', 't-p2', got 't-p3'"):
        reveal("t-p3", 1)
    for name, measured in [("t-p1", "some"), ("t-p1", 1), ("t-p2", "all"), ("t-p2", None), ("t-p2", [[1], [1, 2]]), ("t-p2", [])]:
        with subtests.test(name=name, measured=measured), pytest.raises((TypeError, ValueError), match=r"^measured: expected .*, got"):
            reveal(name, measured)


def test_a_measurement_may_be_nan_or_beyond_the_dial(subtests, capsys):
    predict("t-p2", "What?", 0, 1)
    room.asked["t-p2"].answer = 0.5
    for measured, said in [(NAN, "nan"), ([NAN, 0.25], "nan [0.25, 0.25]"), (7, "7"), ([-3, 7], "2 [-3, 7]"), (np.inf, "inf")]:
        with subtests.test(measured=measured):
            reveal("t-p2", measured)
            assert printed(capsys)[-1].endswith(f"─ {said}")


LAYERS = {"layers": [8, 20, 56]}


def test_a_curve_is_asked_for_and_drawn_over_what_was_measured(capsys, monkeypatch):
    figures = []
    monkeypatch.setattr("skiplab.scene.draw.show", lambda figure, alt: figures.append((figure.axes[0], alt)))
    predict("t-p1", "How does the error grow?", 0, 100, over=LAYERS, unit="%")
    reveal("t-p1", [1, 5, 45])
    its = room.asked["t-p1"]
    its.answer = [10, 20, 30]
    reveal("t-p1", [[1, 5, 45], [3, 6, 40], [2, 9, 70]])
    assert printed(capsys) == [
        "◇ t-p1 · How does the error grow?", "    draw a curve over layers (8, 20, 56), from 0 to 100 %",
        "◇ t-p1 · How does the error grow?", "    No prediction was given this time.",
        "◇ t-p1 · How does the error grow?", "    The dashed line is your prediction.",
    ]  # fmt: skip
    assert its._found == {"low": [1, 5, 40], "middle": [2, 6, 45], "high": [3, 9, 70]}
    (alone, _), (both, alt) = figures
    assert [line.get_ydata().tolist() for line in alone.lines[:1]] == [[1, 5, 45]]
    assert [text.get_text() for text in both.texts] == ["measured", "your prediction"]
    assert {tuple(line.get_ydata()) for line in both.lines} == {(2, 6, 45), (10, 20, 30)}
    assert alt == "How does the error grow? Measured, and as you drew it."
    assert {tuple(line.get_xdata()) for line in both.lines} == {(8, 20, 56)}


def test_a_curve_that_cannot_be_asked_for_or_revealed_is_named(subtests):
    for over in ({}, {"a": [1, 2], "b": [1, 2]}, {"layers": [1]}, {"layers": [2, 1]}, {"layers": [1, 1]}, {"layers": [1, NAN]}, [8, 20],
                 {"layers": ["a", "b"]}, {3: [1, 2]}, {"layers": [[1, 2]]}):  # fmt: skip
        with subtests.test(over=over), pytest.raises((TypeError, ValueError), match=r"^over"):
            predict("t-p1", "How?", 0, 1, over=over)
    with pytest.raises(ValueError, match=r"^high"):
        predict("t-p1", "How?", 1, 0, over=LAYERS)
    with pytest.raises(TypeError, match=r"^choices"):
        predict("t-p1", "How?", choices=["a", "b"], over=LAYERS)
    predict("t-p1", "How?", 0, 1, over=LAYERS)
    for measured in (1, [1, 2], [1, 2, NAN], np.ones((2, 2, 3)), np.ones((0, 3)), "abc"):
        with subtests.test(measured=measured), pytest.raises((TypeError, ValueError), match=r"^measured"):
            reveal("t-p1", measured)
