"""An interrupt never leaves half a module behind: wherever it falls, the same cell works when it is run again."""

import os
import subprocess
import sys

import pytest

# Interrupts a process of its own while it looks for the k-th module, and then does the same again.
BROKEN_OFF = """
import os, signal, sys

class Interrupt:
    def __init__(self, at):
        self.left = at

    def find_spec(self, name, path=None, target=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)

def act():
    {act}

{before}
for at in {places}:
    if not (child := os.fork()):
        sys.meta_path.insert(0, Interrupt(at))
        try:
            act()
            print("no interrupt", at)
        except KeyboardInterrupt:
            pass
        del sys.meta_path[0]
        act()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        print("fine", at, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
FIT = "import torch; from torch import nn; from skiplab.train import fit; x = torch.ones(8, 4); make = lambda: nn.Linear(4, 4)"
ACTS = {  # what is there before, what is interrupted, at which modules
    "a training": (FIT, "fit(make, x, x, seeds=2, steps=30, checkpoint='{path}')", (1, 60, 200, 400, 800, 823)),
    "the tokens of a Transformer": (
        "from skiplab.probe.transformer import Config, stream",
        "stream(Config(), [2], seeds=1, width=4, tokens=3)",
        (1, 100, 300, 480),
    ),
    "a name of skiplab": ("", "from skiplab import DoctorExplorer, Skip, train", (60, 150, 400, 1100)),
}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child for each interrupt is made by fork")
@pytest.mark.parametrize("name", ACTS)
def test_a_cell_that_was_interrupted_in_its_imports_works_when_run_again(name, tmp_path):
    before, act, places = ACTS[name]
    code = BROKEN_OFF.format(act=act.format(path=tmp_path / "run"), before=before, places=places)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == [f"fine {at}" for at in places], done.stdout + done.stderr[-2000:]


HEARD = """
import signal
from skiplab.base.imports import load, whole
try:
    with whole():
        signal.raise_signal(signal.SIGINT)
        print("inside", flush=True)
    print("missed")
except KeyboardInterrupt:
    print("outside")
load("no_such_module_of_torch")
"""


def test_an_interrupt_waits_for_the_end():
    done = subprocess.run([sys.executable, "-c", HEARD], capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["inside", "outside"], "")
