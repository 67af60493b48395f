"""A hint holds no digit that another processor, or another draw of chance, would change."""

import re

import pytest
from test_checks import WRONG

from skiplab.lesson.checks import check


@pytest.mark.slow
def test_no_hint_holds_a_digit_that_was_drawn(capsys, monkeypatch, subtests):
    for name, answers in WRONG.items():
        for answer, _ in answers:
            with subtests.test(name=name, answer=answer):
                told = []
                for seed in ("0", "1000"):
                    monkeypatch.setenv("SKIPLAB_FIRST_SEED", seed)
                    check(name, answer)
                    told.append(capsys.readouterr().out)
                numbers = [re.findall(r"\d[\d.]*", hint) for hint in told]
                assert numbers[0] == numbers[1]
