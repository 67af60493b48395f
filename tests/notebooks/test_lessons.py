"""Exercises have answers, claims survive fresh seeds, and a learner's mistakes are answered."""

import os
import re

import nbclient
import pytest
from course import LESSONS, SOLUTIONS, code_cells, name, read


def pytest_generate_tests(metafunc):
    """One batch of seeds that the course was not written with, or as many as `test --seeds N` asks for."""
    if "first_seed" in metafunc.fixturenames:
        metafunc.parametrize("first_seed", [1000 * (1 + batch) for batch in range(metafunc.config.option.seeds or 1)])


def exercises_of(path):
    return sorted({found for cell in code_cells(path) for found in re.findall(r'check\("([\w-]+)"', cell.source)})


def said(path):
    return "".join(output.get("text", "") for cell in code_cells(path) for output in cell.outputs)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_exercise_waits_for_an_answer_and_has_a_solution(path):
    solution = next(s for s in SOLUTIONS if s.name == path.name)
    for exercise in exercises_of(path):
        assert f"○ {exercise} · not answered yet." in said(path)
        assert f"✓ {exercise} · right." in said(solution), exercise
    assert "✓" not in "".join(line for line in said(path).split("\n") if "· right." in line)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_claim_has_one_name_and_holds(path):
    claims = re.findall(r'claim\("([\d.]+)"', "\n".join(cell.source for cell in code_cells(path)))
    assert len(claims) == len(set(claims)) >= 3
    assert all(claim.startswith(path.name[:2]) for claim in claims)
    assert said(path).count("✓ holds") == len(claims)


def test_each_prediction_is_shown_beside_what_is_measured(subtests):
    """Asked before the first explorer, revealed later on, and stored without anybody's answer."""
    asking = [path for path in LESSONS if "predict(" in path.read_text(encoding="utf-8")]
    assert len(asking) >= len(LESSONS) - 1
    for path in asking:
        with subtests.test(path.name):
            source = "\n".join(cell.source for cell in code_cells(path))
            asked, told = (re.findall(rf'^{verb}\("([\w-]+)"', source, re.MULTILINE) for verb in ("predict", "reveal"))
            assert asked == sorted(set(told)) == told
            assert all(name.startswith(f"{path.name[:2]}-p") for name in asked)
            for name in asked:
                assert source.index(f'predict("{name}"') < source.index(f'reveal("{name}"')
            assert source.index("predict(") < re.search(r"^(?!Doctor)\w+Explorer\(", source, re.MULTILINE).start()
            assert said(path).count("No prediction was given this time.") == len(asked)
            assert said(path).count(f"◇ {path.name[:2]}-p") == 2 * len(asked)


def whole(path, first_seed):
    """All that a notebook prints to a reader when it is run from its first cell to its last with other seeds."""
    notebook = read(path)
    client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    client.execute(env=os.environ | {"SKIPLAB_STRICT": "0", "SKIPLAB_FIRST_SEED": str(first_seed)})
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


def verdicts(text):
    """{claim: what is said of it}."""
    return {claim: verdict for verdict, claim in re.findall(r"^([✓✗] [\w ]+) · ([\d.]+) · ", text, re.MULTILINE)}


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in LESSONS if re.search(r"train\.|probe\.", path.read_text(encoding="utf-8"))], ids=name)
def test_claims_keep_their_verdict_on_fresh_seeds(path, first_seed, subtests):
    text = whole(path, first_seed)
    there = verdicts(text)
    for claim, verdict in verdicts(said(path)).items():
        with subtests.test(claim):
            assert there.get(claim) == verdict == "✓ holds"
    assert there.keys() == verdicts(said(path)).keys()
    assert text != said(path)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_an_exercise_that_asks_for_a_function_says_how_to_hand_in_the_one_of_its_cell(path):
    for cell in code_cells(path):
        for exercise in re.findall(r'check\("([\w-]+)"\)', cell.source):
            (function,) = re.findall(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
            (told,) = [output.text for output in cell.outputs if f"○ {exercise} · not answered yet." in output.text]
            assert told.endswith(f'Then check("{exercise}", {function}).\n')


@pytest.mark.slow
@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_the_answers_of_a_solution_have_the_verdicts_that_are_stored(path, capsys):
    names, stored = {}, []
    for cell in code_cells(path):
        exec(compile(cell.source, path.name, "exec"), names)
        stored += [line for output in cell.outputs for line in output.get("text", "").splitlines()]
    said = [line for line in capsys.readouterr().out.splitlines() if line[:1] in "✓✗○"]
    assert said == [line for line in stored if line[:1] in "✓✗○"]
    assert said


def test_a_bug_to_be_found_is_handed_over_by_its_cell_and_given_away_by_none(subtests):
    for path in LESSONS:
        with subtests.test(path.name):
            (cell,) = [cell for cell in code_cells(path) if re.search(r"^def mended_", cell.source, re.MULTILINE)]
            exercise, function = re.search(r'^check\("([\w-]+)", (\w+)\)$', cell.source, re.MULTILINE).groups()
            assert re.search(rf"^def {function}\(", cell.source, re.MULTILINE)
            assert "".join(output.text for output in cell.outputs).startswith(f"○ {exercise} · not answered yet. Find the bug")
