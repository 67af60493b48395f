"""The glyph says of each architecture what the course says, and its doors open."""

from pathlib import Path

from skiplab import GlyphExplorer
from skiplab.base.merges import MERGES
from skiplab.explorers.glyph import DOORS, LESSONS, NETS

ROOT = Path(__file__).resolve().parents[2]


def test_every_door_leads_to_a_notebook_and_asks_what_the_readme_asks():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lessons = {path.stem: path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    assert {f"{number}_{name}" for number, (name, _) in LESSONS.items()} == lessons.keys() - {"00_start_here"}
    for number, (name, question) in LESSONS.items():
        (row,) = [line for line in readme.splitlines() if f"(notebooks/{number}_{name}.ipynb)" in line]
        assert row.split("|")[2].strip() == question
    assert {file for _, file in GlyphExplorer.doors["net"].values()} <= set(lessons.values())
    assert {net.lesson for net in NETS.values()} == LESSONS.keys()


def test_what_is_drawn_of_a_network_follows_from_its_merge():
    for name, net in NETS.items():
        frame = GlyphExplorer.frame(net=name)
        assert frame["colour"] == MERGES[net.merge].color, name
        assert bool(frame["skip_open"]) == (net.merge != "none") == (frame["skip_width"] > 0), name
        assert bool(frame["grows"]) == (net.merge == "concat"), name
        assert frame["sign"] == MERGES[net.merge].sign, name


def test_each_network_has_a_small_glyph_of_its_own_to_click():
    frame = GlyphExplorer.frame(net="unet")
    places = [*zip(frame["door_x"], frame["door_y"], strict=True)]
    assert len({*places}) == 3 * len(NETS) == 3 * len({*DOORS})
    assert (frame["here_x"] < places[4][0], abs(frame["here_y"] + 0.51 - places[4][1]) < 0.2) == (True, True)
