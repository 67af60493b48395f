"""One glyph for all networks: each is a door to a lesson that is there, under the question that the map asks."""

import re
from pathlib import Path

from skiplab import GlyphExplorer
from skiplab.explorers.glyph import LESSONS, NETS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_each_network_opens_its_lesson_and_no_lesson_is_without_a_door():
    doors = {net: address for net, (_, address) in GlyphExplorer.doors["net"].items()}
    assert list(doors) == list(NETS)
    assert set(doors.values()) == {path.name for path in NOTEBOOKS.glob("*.ipynb")} - {"00_start_here.ipynb"}


def test_the_questions_are_those_of_the_map():
    rows = re.findall(r"\(notebooks/(\d\d)_(\w+)\.ipynb\) \| (.*?) \| \d+ \|", (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8"))
    assert {no: (name, question) for no, name, question in rows if no != "00"} == LESSONS


def test_concatenation_alone_makes_y_wider_and_a_plain_net_alone_has_no_arc():
    frames = {net: GlyphExplorer.frame(net=net) for net in NETS}
    assert {net for net, frame in frames.items() if frame["wider"]} == {net for net in NETS if NETS[net].merge == "concat"}
    assert [net for net, frame in frames.items() if not frame["skip_open"]] == ["plain"]
