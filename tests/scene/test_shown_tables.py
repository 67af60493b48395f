"""A table reads the same on a page and as text."""

import pytest

from skiplab.scene.tables import table

IPython = pytest.importorskip("IPython")


def shown(monkeypatch, *given):
    """What a notebook is given to show."""
    displayed = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: displayed.append(data))
    table(*given)
    return displayed[0]


def test_a_table_is_markdown_and_text(monkeypatch):
    data = shown(monkeypatch, ("he", "default"), {"none": ["47 → 77", "89"], "parameters": [1_234_567, 8]})
    assert data["text/markdown"].splitlines() == [
        "|  | none | parameters |", "| --- | ---: | ---: |", "| he | 47 → 77 | 1,234,567 |", "| default | 89 | 8 |",
    ]  # fmt: skip
    assert data["text/plain"].splitlines() == [
        "         none     parameters", "he       47 → 77  1,234,567", "default  89       8",
    ]  # fmt: skip


def test_rows_may_be_the_names_of_a_dict(monkeypatch):
    assert "| ResNet-50 | 3 |" in shown(monkeypatch, {"ResNet-50": (3, 4)}, {"stages": [3]})["text/markdown"]


def test_a_cell_is_no_markdown(monkeypatch):
    data = shown(monkeypatch, ("a|b", "$5"), {"x_1": ["*2*", "<b>"], "`y`": [r"\n", "$6"]})
    assert data["text/markdown"].splitlines() == [
        r"|  | x\_1 | \`y\` |", "| --- | ---: | ---: |", r"| a\|b | \*2\* | \\n |", r"| \$5 | \<b> | \$6 |",
    ]  # fmt: skip
    assert data["text/plain"].split() == ["x_1", "`y`", "a|b", "*2*", r"\n", "$5", "<b>", "$6"]


def test_each_column_has_a_cell_a_row():
    with pytest.raises(ValueError, match=r"columns: expected 2 texts each, one a row, got \[1\]"):
        table(("a", "b"), {"none": ["1"]})
