"""The page for whoever teaches is what the notebooks' metadata gives, and refreshing keeps that metadata."""

import copy

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from skiplab import refresh
from skiplab.teaching import KINDS, page

SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}


def test_the_page_is_what_the_metadata_gives():
    assert (refresh.ROOT / "docs" / "teaching.md").read_text(encoding="utf-8") == page(refresh.lessons())


def test_every_note_and_every_slide_is_of_a_known_kind(subtests):
    for path in refresh.lessons():
        cells = nbformat.read(path, as_version=4).cells
        kinds = [cell.metadata.slideshow.slide_type for cell in cells if "slideshow" in cell.metadata]
        notes = [cell.metadata.skiplab.teach for cell in cells if "skiplab" in cell.metadata]
        with subtests.test(path.name):
            assert set(kinds) <= SLIDES
            assert len(kinds) in (0, len(cells))  # a cell without a kind would stand on the slide before
            assert bool(kinds) == bool(notes)
            for note in notes:
                assert set() < note.keys() <= KINDS.keys()
                assert all(isinstance(text, str) and text.strip() for text in note.values())


def teach(cell, slide="-", **note):
    cell.metadata.update({"slideshow": {"slide_type": slide}, "skiplab": {"teach": note}} if note else {})
    return cell


def test_a_note_stands_in_the_section_of_the_last_heading_in_or_above_its_cell(tmp_path):
    cells = [
        teach(new_markdown_cell("# Chains\n\n**Time:** 30 minutes."), "slide", do="Begin."),
        teach(new_markdown_cell("Before.\n\n## First · must · 5 min"), "slide", ask="Why?", do="Wait."),
        teach(new_code_cell('predict("04-p1", "How many?", 0, 9)'), expect="Nine."),
        new_markdown_cell("## Second"),
        teach(new_markdown_cell("More.\n\n## Third"), "subslide", ask="And now?"),
        new_markdown_cell("## Fourth"),
    ]
    paths = [tmp_path / "04_chains.ipynb", tmp_path / "05_none.ipynb"]
    nbformat.write(new_notebook(cells=cells), paths[0])
    nbformat.write(new_notebook(cells=[new_markdown_cell("# None\n\n**Time:** 1 minutes.")]), paths[1])
    assert page(paths).partition("\n## ")[2] == (
        "[04 Chains](../notebooks/04_chains.ipynb) · 30 min · 3 slides\n\n"
        "- **Do.** Begin.\n\n"
        "### First · must · 5 min\n\n- **Do.** Wait. **Ask.** Why?\n- *Prediction 04-p1.* **Expect.** Nine.\n\n"
        "### Third\n\n- **Ask.** And now?\n"
    )


def test_refreshing_keeps_slides_and_notes_and_makes_the_page(tmp_path, monkeypatch):
    cell = teach(new_code_cell("1"), "fragment", ask="Why?")
    cell.metadata["collapsed"] = True
    before = copy.deepcopy(cell.metadata)
    kept = refresh.normalise(new_notebook(cells=[cell])).cells[0].metadata
    assert kept == {name: before[name] for name in ("slideshow", "skiplab")}
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A\n\n**Time:** 5 minutes."), cell]), tmp_path / "notebooks/00_a.ipynb")
    there = tmp_path / "docs" / "teaching.md"
    there.parent.mkdir()
    monkeypatch.setattr(refresh, "refresh", lambda path: f"{path.name} would run")
    for words, stored in ([str(tmp_path)], False), (["00"], True):
        assert refresh.main(words) == 0
        assert there.exists() == stored
    assert "- **Ask.** Why?" in there.read_text(encoding="utf-8")
