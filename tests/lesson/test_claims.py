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
    assert made["t.1"] == ("Two is two.", True)


def test_measured_digits_stand_apart_from_the_line_that_is_compared(capsys):
    claim("t.2", "Most are.", np.array([True] * 7 + [False]), {"size": np.arange(9.0), "one": 2.5})
    line, measured, _ = capsys.readouterr().out.split("\n")
    assert line == "✓ holds · t.2 · Most are. (at least 7 of 8 seeds)"
    assert measured == "    measured: size 4 [0, 8]; one 2.5"


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
    assert left == "✓ holds · t.6 · Yes.\n    MEASURED\n✓ holds · t.7 · Yes, 5.\n    Equal to 6."


@pytest.mark.parametrize("holds", [False, [True] * 6 + [False] * 2])
def test_strictly_a_claim_that_fails_raises_and_for_a_reader_it_says_so(holds, capsys, monkeypatch):
    monkeypatch.setenv("SKIPLAB_STRICT", "1")
    with pytest.raises(ClaimFailed, match=r"t\.3"):
        claim("t.3", "No.", holds)
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    capsys.readouterr()
    claim("t.3", "No.", holds)
    assert capsys.readouterr().out == "✗ does not hold here · t.3 · No.\n"
    assert made["t.3"][1] is False


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
            seeds = " (at least 7 of 8 seeds)" if np.shape(holds) else ""
            assert capsys.readouterr().out == f"✓ holds · t.8 · Yes.{seeds}\n"


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
            assert capsys.readouterr().out == "✓ holds · t.10 · Yes.\n    measured: all 2 [1, 4]; first 1\n"


def test_a_step_that_was_never_reached_is_shown_with_the_other_verdict(capsys, monkeypatch):
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    claim("t.11", "It escapes.", False, {"steps": None, "of all": [3, None, 5]})
    assert capsys.readouterr().out == "✗ does not hold here · t.11 · It escapes.\n    measured: steps nan; of all nan [nan, nan]\n"


def test_evidence_that_cannot_be_shown_is_named_before_anything_is_said(subtests, capsys):
    for evidence in [3, [], ("text",), {"a": "b"}, {"a": []}, {"a": 1j}, {"a": [[1], [2, 3]]}, {"a": object()}, {"a": {"b": 1}}]:
        with subtests.test(evidence=evidence):
            made.pop("t.12", None)
            with pytest.raises(TypeError, match="evidence: "):
                claim("t.12", "Yes.", True, evidence)
            assert capsys.readouterr().out == ""
            assert "t.12" not in made


def test_infinity_has_a_middle_and_two_ends(capsys):
    claim("t.13", "Yes.", True, {"a": [1, INF], "b": [-INF, 2, INF], "c": [-INF, INF], "d": INF, "e": [1, NAN], "f": [True, False, True]})
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith("measured: a inf [1, inf]; b 2 [-inf, inf]; c nan [-inf, inf]; d inf; e nan [nan, nan]; f 1 [0, 1]")


def test_an_id_stands_for_one_statement(capsys, monkeypatch):
    made.pop("t.14", None)
    claim("t.14", "One.", True)
    claim("t.14", "One.", True)  # a cell that is run again
    with pytest.raises(ValueError, match=r"name: .*'t\.14', which stands for 'One\.'"):
        claim("t.14", "Two.", True)
    assert made["t.14"] == ("One.", True)
    capsys.readouterr()
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    claim("t.14", "Two.", True)
    assert capsys.readouterr().out == "✓ holds · t.14 · Two.\n    t.14 stood for another statement before: One.\n"
    assert made["t.14"] == ("Two.", True)
