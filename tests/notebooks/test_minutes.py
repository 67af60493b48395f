"""Headings and README say how long a lesson takes, within a quarter of what its words, lines, claims and exercises come to."""

import re

import nbformat
import pytest
from course import LESSONS
from minutes import marked, needed, sections, wrong

README = (LESSONS[0].parents[1] / "README.md").read_text(encoding="utf-8")


def told(path):
    """The minutes of a lesson in the README."""
    return int(re.search(rf"\(notebooks/{path.name}\) \|.*\| (\d+) \|", README)[1])


def test_a_lesson_with_marked_headings_takes_the_minutes_that_it_says(subtests):
    adopted = [path for path in LESSONS if marked(path)]
    assert LESSONS[0] in adopted
    for path in adopted:
        with subtests.test(path.name):
            assert list(wrong(path, told(path))) == []


CODE = "x = 1\n\nclaim('00.1', 'One.', True)\nclaim('00.2', 'Two.', True)\ndraw.show(figure, 'Three.')"
CELLS = [
    "# Title\n\n**Time:** {} minutes. " + 145 * "word ", "## First · must · {} min\n\n" + 150 * "word " + "\n\n### Not a section",
    [CODE, "ChainExplorer()", "mine = ChainExplorer()\ndraw.show_source(x)"],
    "More.\n\n## Second · homework · {} min", ['answer = ...\ncheck("00-a", answer)'],
]  # fmt: skip


def lesson(path, *stated, heading=None):
    """A lesson with those minutes in its text and in its headings."""
    cells, numbers = [], list(stated)
    for each in CELLS:
        for source in [each] if isinstance(each, str) else each:
            make = nbformat.v4.new_markdown_cell if isinstance(each, str) else nbformat.v4.new_code_cell
            cells.append(make(source.replace("{}", str(numbers.pop(0))) if "{}" in source else source))
    if heading:
        cells[1].source = cells[1].source.replace("## First · must · 8 min", heading)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_minutes_are_counted_section_by_section(tmp_path):
    found = [(heading, needed(parts)) for heading, parts in sections(lesson(tmp_path / "00_a.ipynb", 9, 8, 4))]
    assert [heading for heading, _ in found] == ["# Title", "## First · must · 8 min", "## Second · homework · 4 min"]
    first = 154 / 150 + 7 / 10 + 3 + 3
    assert [minutes for _, minutes in found] == pytest.approx([148 / 150, first, 2 / 10 + 4])


@pytest.mark.parametrize(
    ("stated", "heading", "readme", "says"),
    [
        ((9, 8, 4), None, 9, []),
        ((7, 8, 4), None, 7, []),
        ((9, 10, 4), None, 9, ["'## First · must · 10 min' takes 7.7 min"]),
        ((9, 5, 4), None, 9, ["'## First · must · 5 min' takes 7.7 min"]),
        ((9, 8, 4), None, 13, ["the README says 13 min, and it takes 9", "its text does not say 13 minutes, as the README does"]),
        ((10, 8, 4), None, 9, ["its text does not say 9 minutes, as the README does"]),
        ((9, 8, 4), "## First", 9, ["'## First' needs its mark: must, if time or homework, and 8 min"]),
        ((9, 8, 4), "## First · should · 8 min", 9, ["'## First · should · 8 min' needs its mark: must, if time or homework, and 8 min"]),
    ],
)
def test_wrong_minutes_are_told(stated, heading, readme, says, tmp_path):
    assert list(wrong(lesson(tmp_path / "00_a.ipynb", *stated, heading=heading), readme)) == says


def test_a_lesson_is_no_longer_than_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr("minutes.LONGEST", 8)
    assert list(wrong(lesson(tmp_path / "00_a.ipynb", 9, 8, 4), 9)) == ["it takes 9 min without homework, more than 8"]
