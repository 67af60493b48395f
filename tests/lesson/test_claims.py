"""A claim prints words that do not change, and its verdict follows from the numbers alone."""

import configparser
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from skiplab.lesson.claims import ClaimFailed, claim, made

NAN, INF = float("nan"), float("inf")


def test_a_claim_that_holds_prints_its_line(capsys):
    claim("t.1", "Two is two.", True, "Exactly.")
    assert capsys.readouterr().out == "✓ holds · t.1 · Two is two.\n    Exactly.\n"
    assert made["t.1"][:3] == ("Two is two.", True, True)


def test_the_seeds_stand_below_the_line_that_is_compared_as_dots(capsys):
    claim("t.2", "Most are.", np.array([True] * 7 + [False]), {"size": np.arange(9.0), "one": 2.5, "half": [4, 4, 7, 8]}, against=2)
    assert capsys.readouterr().out.splitlines() == [
        "✓ holds · t.2 · Most are.",
        "    measured: ●●●●●●●│○ 7 of 8 seeds",
        "      size ─•────•───│────•───◆────•────•───•────•─ 4 [0, 8]",
        "      one  ──────────│──◆────────────────────────── 2.5",
        "      half ──────────│────────●──────◆──────•────•─ 5.5 [4, 8]",
    ]
    kept = made["t.2"]
    assert (kept.holds.sum(), kept.measured["size"].tolist(), kept.measured["one"], kept.against) == (7, list(range(9)), 2.5, [2])


def test_long_lines_are_broken_between_words_however_the_author_broke_them(capsys):
    long, many = "It is well-known that\n    a word is not cut in two; " * 5, {f"number {i}": i / 7 for i in range(12)}
    claim("t.5", long, True, many)
    lines = capsys.readouterr().out.splitlines()
    said = [line for line in lines if "number" not in line]
    assert max(map(len, lines)) <= 90
    assert " ".join(" ".join(said).split()) == "✓ holds · t.5 · " + " ".join(long.split())
    assert all(re.match(r" {4}\S", line) for line in said[1:])
    measured = lines[len(said) :]
    assert measured[0].startswith("    measured: number 0 0; ")
    assert len(measured) > 2
    assert all(line.startswith(" " * 6) for line in measured[1:])


def test_the_notebooks_are_compared_without_what_was_measured():
    config = configparser.RawConfigParser()
    config.read(Path(__file__).parents[1] / "nbval_sanitize.cfg")
    text = "✓ holds · t.6 · Yes.\n    measured: a 1; b\n      2; c 3\n      4\n✓ holds · t.7 · Yes, 5.\n    Equal to 6."
    left = re.sub(config["measurements"]["regex"], config["measurements"]["replace"], text)
    assert left == "✓ holds · t.6 · Yes.\nMEASURED\n✓ holds · t.7 · Yes, 5.\n    Equal to 6."


@pytest.mark.parametrize("holds", [False, [True] * 6 + [False] * 2])
def test_strictly_a_claim_that_fails_raises_and_for_a_reader_it_says_so(holds, capsys, monkeypatch):
    monkeypatch.setenv("SKIPLAB_STRICT", "1")
    with pytest.raises(ClaimFailed, match=r"t\.3"):
        claim("t.3", "No.", holds)
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    capsys.readouterr()
    claim("t.3", "No.", holds)
    line, *seeds = capsys.readouterr().out.splitlines()
    assert line == "✗ does not hold here · t.3 · No."
    assert seeds == (["    measured: ●●●●●●○│○ 6 of 8 seeds"] if holds else [])
    assert made["t.3"].verdict is False


def test_a_verdict_is_a_bool_or_one_a_seed(subtests):
    for holds in [1, "yes", [], [[True]], np.array([0.5])]:
        with subtests.test(holds=holds), pytest.raises(TypeError, match="holds"):
            claim("t.4", "What?", holds)


def test_a_verdict_may_be_a_tensor(subtests, capsys):
    for holds in [
        True, np.True_, np.array(True), torch.tensor(True),
        [True] * 8, np.ones(8, bool), torch.ones(8, dtype=torch.bool), [torch.tensor(True)] * 8,
    ]:
        with subtests.test(holds=holds):
            claim("t.8", "Yes.", holds)
            seeds = "    measured: ●●●●●●●│● 8 of 8 seeds\n" if np.shape(holds) else ""
            assert capsys.readouterr().out == f"✓ holds · t.8 · Yes.\n{seeds}"


def test_a_tensor_that_is_no_verdict_is_named(subtests):
    for holds in [torch.tensor(1), torch.tensor([[True]]), torch.zeros(0, dtype=torch.bool), [[True], [True, False]], None]:
        with subtests.test(holds=holds), pytest.raises(TypeError, match="holds: "):
            claim("t.9", "What?", holds)


def test_what_was_measured_may_be_a_tensor(subtests, capsys):
    for value in [
        [1.0, 2.0, 4.0], np.array([1, 2, 4]), torch.tensor([1.0, 2.0, 4.0], requires_grad=True), torch.tensor([1, 2, 4]).bfloat16(),
        [torch.tensor(1.0), 2, np.float32(4)],
    ]:
        with subtests.test(value=value):
            claim("t.10", "Yes.", True, {"all": value, "first": value[0]})
            _, head, *rows = capsys.readouterr().out.splitlines()
            assert head == "    measured: ◆ median"
            assert [re.sub("[─•◆]+ ", "", row) for row in rows] == ["      all   2 [1, 4]", "      first 1"]


def test_a_step_that_was_never_reached_is_shown_with_the_other_verdict(capsys, monkeypatch):
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    claim("t.11", "It escapes.", False, {"steps": None, "of all": [3, None, 5]})
    said = capsys.readouterr().out.splitlines()
    assert [said[0], *(re.sub("[─•]+ ", "", row) for row in said[2:])] == [
        "✗ does not hold here · t.11 · It escapes.", "      steps  nan", "      of all nan [3, 5]",
    ]  # fmt: skip


def test_evidence_that_cannot_be_shown_is_named_before_anything_is_said(subtests, capsys):
    for evidence in [3, [], ("text",), {"a": "b"}, {"a": []}, {"a": 1j}, {"a": [[1], [2, 3]]}, {"a": object()}, {"a": {"b": 1}}]:
        with subtests.test(evidence=evidence):
            made.pop("t.12", None)
            with pytest.raises(TypeError, match="evidence: "):
                claim("t.12", "Yes.", True, evidence)
            assert capsys.readouterr().out == ""
            assert "t.12" not in made


def test_infinity_has_a_middle_and_two_ends_and_nan_is_said(capsys):
    claim("t.13", "Yes.", True, {"a": [1, INF], "b": [-INF, 2, INF], "c": [-INF, INF], "d": INF, "e": [1, NAN], "f": [True, False, True]})
    rows = [re.split(" [─•●◆]+ ", row.strip()) for row in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [
        ["a", "inf [1, inf]"], ["b", "2 [-inf, inf]"], ["c", "nan [-inf, inf]"], ["d", "inf"], ["e", "nan [1, 1]"], ["f", "1 [0, 1]"],
    ]  # fmt: skip


def test_where_dots_say_nothing_there_are_words(capsys):
    claim("t.15", "Yes.", [True] * 64, {"muted": [0, 0], "trained": 0.0})
    claim("t.16", "Yes.", True, {"one": 2, "other": 3.0})
    assert capsys.readouterr().out.splitlines() == [
        "✓ holds · t.15 · Yes.", "    measured: 64 of 64 seeds, 56 needed; muted 0; trained 0",
        "✓ holds · t.16 · Yes.", "    measured: one 2; other 3",
    ]  # fmt: skip


def test_a_threshold_is_a_number_or_several(subtests, capsys):
    for against in ["a", None, NAN, [1, INF], [1, "b"]]:
        with subtests.test(against=against), pytest.raises((TypeError, ValueError), match="against: expected a finite number or"):
            claim("t.17", "What?", True, {"a": [1, 2]}, against=against)
    claim("t.18", "Between.", True, {"a": 2.0}, against=(1, 3))
    row = capsys.readouterr().out.splitlines()[-1]
    assert re.search("│─+◆─+│─ 2$", row)


def places(row):
    """Column of each sign on a line of dots."""
    track = re.search("[─•●◆│]{12,}", row)[0]
    return {sign: [i for i, each in enumerate(track) if each == sign] for sign in "•●◆│"}


def test_a_dot_stands_on_its_side_of_the_threshold_however_near(subtests, capsys):
    for near in (1e-9, 1e-3, 0.1, 1):
        for low, high in ((0, 1), (-1e4, 1e4), (0.5, 0.6)):
            with subtests.test(near=near, ends=(low, high)):
                claim("t.19", "Yes.", True, {"below": [low - near], "above": [high + near]}, against=(low, high))
                below, above = (places(row) for row in capsys.readouterr().out.splitlines()[-2:])
                bars = below["│"]
                assert bars == above["│"]
                assert len(bars) == 2 or high == low
                assert below["◆"][0] < bars[0]
                assert above["◆"][0] > bars[-1]


def test_arms_are_seen_apart_on_one_axis_which_is_logarithmic_over_decades(capsys):
    claim("t.20", "Yes.", True, {"plain, with a name that is long": [0.1, 0.2, 0.3], "skip": [1e-5, 2e-5, 1e-4]}, against=1e-3)
    _, head, plain, skip = capsys.readouterr().out.splitlines()
    assert head == "    measured: ◆ median; logarithmic axis"
    plain, skip = places(plain), places(skip)
    assert max(skip["•"] + skip["◆"]) < plain["│"][0] < min(plain["•"] + plain["◆"])
    assert plain["│"] == skip["│"]
    claim("t.21", "Yes.", True, {"a": [1, 20.0], "b": [0, 1000.0]})
    assert capsys.readouterr().out.splitlines()[-3] == "    measured: ◆ median"


def test_no_line_is_too_long_whatever_was_measured(capsys):
    claim("t.22", "Yes.", True, {"a name " * 20: [1.234e-100, -5.678e100, NAN], "b": np.arange(1000.0)}, against=(-3, 3))
    rows = capsys.readouterr().out.splitlines()
    assert max(map(len, rows)) <= 90
    assert "…" in rows[2]


def test_an_id_stands_for_one_statement(capsys, monkeypatch):
    made.pop("t.14", None)
    claim("t.14", "One.", True)
    claim("t.14", "One.", True)  # a cell that is run again
    with pytest.raises(ValueError, match=r"name: .*'t\.14', which stands for 'One\.'"):
        claim("t.14", "Two.", True)
    assert made["t.14"].statement == "One."
    capsys.readouterr()
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    claim("t.14", "Two.", True)
    assert capsys.readouterr().out == "✓ holds · t.14 · Two.\n    t.14 stood for another statement before: One.\n"
    assert made["t.14"].statement == "Two."
