"""The first explorer says what the course has found on this machine, and its stored picture is that of no machine."""

from types import SimpleNamespace

from skiplab import DoctorExplorer
from skiplab.base import device
from skiplab.explorers import doctor
from skiplab.scene.template import fill


def test_all_is_well_only_when_every_row_is_answered():
    frame = DoctorExplorer.frame(3) | {"loaded": 0}
    said = [fill(DoctorExplorer.sentence, frame | now) for now in ({}, {"tripped": 1}, {"tripped": 1, "loaded": 1}, {"well": 0})]
    endings = ["Move it: the row of the widgets waits for that.", "The row of the device waits for torch.",
               "All that the course needs is here.", "Something is missing: read the rows with an exclamation mark."]  # fmt: skip
    assert all(text.endswith(ending) for text, ending in zip(said, endings, strict=True))


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
