"""skiplab: a skip connection is a branch and a merge.

The rooms, in the order in which they may import from one another:

    errors     what a good error message says           device     cpu or cuda, threads, memory
    words      sentences made from numbers              seeds      the seed from which all others count
    claims     statements and their verdicts            draws      one network a seed, whoever else draws
    checks     checks and hints for the exercises       theory     bounds on deep stacks
    saddle     the toy problems in closed form          skip       Skip and the merges: the one idea
    nets       one architecture a file, of `Skip`s      data       data sets that need no connection
    pictures   pictures and their masks                 sequences  tasks with a long memory
    train      many seeds trained at once               probe      what a stack does at each depth
    lags       what a recurrent net does through time   tokens     what a Transformer does to its tokens
    sweeps     long measurements, kept as arrays        exercises  what each notebook asks
    marks      what can be drawn, in which colours      draw       pictures from numbers, with matplotlib
    explore    pictures with dials, in the browser      refresh    runs and tidies the notebooks
    start      makes the environment, starts everything

Importing skiplab loads nothing but the standard library; each name is loaded when it is first used.
"""

__version__ = "0.1.0"
OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons it runs on
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"  # where torch and torchvision are built for a processor alone

_ROOM_OF = {
    "Add": "skip",
    "Concat": "skip",
    "Gate": "skip",
    "Plain": "skip",
    "Skip": "skip",
    "check": "checks",
    "claim": "claims",
    "show_source": "draw",
    "AlignExplorer": "explore.align",
    "AttentionExplorer": "explore.attention",
    "DenseNetExplorer": "explore.densenet",
    "DoctorExplorer": "explore.doctor",
    "GateExplorer": "explore.gates",
    "GradientExplorer": "explore.gradient",
    "LagExplorer": "explore.recurrent",
    "ResidualExplorer": "explore.residual",
    "SaddleExplorer": "explore.saddle",
    "SkipExplorer": "explore.skip",
    "TransformerExplorer": "explore.transformer",
    "UnetExplorer": "explore.unet",
}
__all__ = sorted(_ROOM_OF)


def __getattr__(name):
    import importlib

    if name in _ROOM_OF:
        return getattr(importlib.import_module("skiplab." + _ROOM_OF[name]), name)
    try:
        return importlib.import_module("skiplab." + name)
    except ImportError as problem:
        if problem.name != "skiplab." + name:
            raise
    raise AttributeError("skiplab has no room and no name %r; it has %s." % (name, ", ".join(__all__)))  # noqa: UP031


def __dir__():
    return sorted(set(globals()) | set(__all__))
