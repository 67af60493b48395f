"""The first explorer says what the course has found on this machine, and its stored picture is that of no machine."""

from types import SimpleNamespace

from skiplab import DoctorExplorer
from skiplab.base import device
from skiplab.explorers import doctor
from skiplab.scene.template import fill


def test_all_is_well_only_when_every_row_is_answered():
    frame = DoctorExplorer.frame(3) | {"loaded": 0}
    said = [fill(DoctorExplorer.sentence, frame | now) for now in ({}, {"tripped": 1}, {"tripped": 1, "loaded": 1}, {"well": 0})]
    endings = ["The row of the widgets waits for the kernel.", "The row of the device waits for torch.",
               "All that the course needs is here.", "Something is missing: do what the rows with an exclamation mark say."]  # fmt: skip
    assert all(text.endswith(ending) for text, ending in zip(said, endings, strict=True))


def test_one_tile_says_whether_all_is_ready():
    (panel,) = DoctorExplorer.scene["panels"]
    (tile,) = (mark for mark in panel["marks"] if mark["kind"] == "box")
    frame = DoctorExplorer.frame(0) | {"loaded": 1}
    says = [fill(tile["text"], frame | now) for now in ({"tripped": 1}, {}, {"well": 0})]
    assert says == ["✓ Ready", "… One moment", "! Something is missing"]
    assert fill(panel["title"], frame | {"tripped": 1}) == "Ready: all five checks are good"


def test_too_little_memory_is_said_with_what_to_do(monkeypatch):
    monkeypatch.setattr(device, "memory", lambda: (0.3 * 2**30, 2**31))
    frame = DoctorExplorer.frame(0)
    assert frame["memory_text"] == "0.3 GB free of 2.0 GB: shut down the kernels of other notebooks"
    assert (frame["memory"], frame["well"], frame["tile"]) == (0, 0, frame["memory_colour"])


def test_who_asks_hears_the_newest_frame_again():
    explorer = DoctorExplorer(knock=3).settle()
    before = explorer._frame
    explorer.set_state({"_asked": 1})  # as the browser does
    assert explorer._frame == {**before, "at": before["at"] + 1}


def test_a_torch_that_does_not_load_is_missing(monkeypatch):
    monkeypatch.setattr(doctor, "_found", {})
    monkeypatch.setattr(device, "describe", lambda place: 1 / 0)
    DoctorExplorer._load_torch(SimpleNamespace(_worker=SimpleNamespace(wake=lambda: None)))
    frame = DoctorExplorer.frame(0)
    assert frame["device_text"] == "torch does not load: division by zero"
    assert (frame["device"], frame["well"]) == (0, 0)


def test_the_stored_picture_is_that_of_no_machine(monkeypatch):
    here, _ = DoctorExplorer()._repr_mimebundle_()
    monkeypatch.setattr(device, "memory", lambda: (2**30, 2**31))
    monkeypatch.setattr(device, "cores", lambda: 99)
    there = DoctorExplorer()
    assert there.settle()._frame["numbers"]["cores_text"] == "99 processor cores"
    assert {name: there._repr_mimebundle_()[0][name] for name in ("text/plain", "image/png")} == {
        name: here[name] for name in ("text/plain", "image/png")
    }
