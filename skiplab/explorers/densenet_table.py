"""The numbers behind the DenseNet explorer: where its nodes and arcs stand, exact counts, errors, and what trained nets read."""

import itertools

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.table import along, spread
from skiplab.scene.looks import LOOK

SHIPPED = sweeps.load("densenet")
THETAS, LAYERS, GROWTHS = (SHIPPED["test"].axes[name] for name in ("theta", "layers", "growth"))
MERGES = tuple(merge for merge in LOOK if merge in SHIPPED["test"].axes["merge"])
MOST, SIDE = LAYERS[-1], LAYERS[-1] + 1
RANGES = {"weights": (0.5, 1.5), "cut": (0.0, 0.2)}  # what the shading and the arcs tell apart: relative weights, and loss in nats
IDLE = 0.05  # nats: a connection whose cut costs less is hardly missed
_NETS = {"theta": THETAS, "layers": LAYERS, "growth": GROWTHS}
_READ_BY = {"concat": SIDE, "add": SIDE, "none": 1}  # how many of the last sources a layer reads
_ARCS = {"into": MOST * SIDE, "next": 2 * SIDE}  # how many go into the layers, and into what follows a block, at most
_PLACES = {
    "left": -0.1, "right": 2.1, "transition_at": 1, "head_at": 2, "middle": 0.5, "middle_2": 1.5, "side": 1,
    "map_left": -0.28, "map_bottom": -1.28, "map_top": 0.1, "label_x": -0.05, "label_y": 0.05, "key_at": -1.22,
    "scale_x0": 0.25, "scale_x1": 0.75, "scale_y0": -1.12, "scale_y1": -1.06, "scale_at": -1.09,
}  # in sides of a matrix, L + 1  # fmt: skip


def layout():
    """Where everything stands, for each number of layers: stem at 0, the layers of block 1, the transition, block 2, the head."""
    places = {name: np.multiply(share, [L + 1 for L in LAYERS]) for name, share in _PLACES.items()}
    places |= {"total": [(L + 1) * (L + 2) for L in LAYERS], "last_y": [-L - 0.5 for L in LAYERS]}
    places["many"] = [L > 1 for L in LAYERS]
    places |= {f"has_{n}": [n <= 2 * (L + 1) for L in LAYERS] for n in range(1, 2 * SIDE + 1)}
    places |= {f"is_{n}": [n <= L for L in LAYERS] for n in range(1, SIDE)}
    nodes = np.array([_pad([n for n in range(1, 2 * L + 2) if n != L + 1], 2 * MOST) for L in LAYERS])
    places |= {"nodes": nodes, "round_from": nodes - 0.5, "round_to": nodes + 0.5, "round_lift": 0 * nodes + 1,
               "round_width": np.isfinite(nodes) * 2.4}  # fmt: skip
    for name in _ARCS:
        for part, rows in zip(("from", "to", "lift"), zip(*(_ends(name, L) for L in LAYERS), strict=True), strict=True):
            places[f"{name}_{part}"] = [_pad(row, _ARCS[name]) for row in rows]
    return along(places, layers=LAYERS) | along({"width": 2 * np.array(GROWTHS)}, growth=GROWTHS)


def looks():
    """What is drawn for one merge alone, how thick its line is, and which of its layers read which."""
    chosen = np.eye(len(MERGES))
    grids = along({"wired": [merge != "concat" for merge in MERGES]}, merge=MERGES)
    for merge, only in zip(MERGES, chosen, strict=True):
        grids |= along({f"{merge}_chosen": only, f"{merge}_width": np.where(only, 4, 1.8)}, merge=MERGES)
    asked = [[1 + i if merge == "concat" else 0 for i in range(len(RANGES))] for merge in MERGES]
    wiring = [[_wiring(L, _READ_BY[merge]) for L in LAYERS] for merge in MERGES]
    grids |= along({"wiring": wiring}, merge=MERGES, layers=LAYERS)
    return grids | along({"asked": asked}, merge=MERGES, shows=RANGES)


def _wiring(layers, sources):
    """1 where a layer reads one of its last `sources`, else NaN; readers are rows: (SIDE * SIDE,)."""
    back = np.arange(SIDE)[:, None] - np.arange(SIDE)  # how many layers a reader is behind a source
    reads = (back >= 0) & (back < sources) & (np.arange(SIDE) <= layers)[:, None]
    return np.where(reads, 1, np.nan).ravel()


def _arcs(name, layers):
    """Block, reader and source of each arc, in the blocks from 0: three arrays (arcs,)."""
    readers = range(layers) if name == "into" else [layers]
    arcs = [(block, reader, source) for block in (0, 1) for reader in readers for source in range(reader + 1)]
    return np.transpose(arcs)


def _ends(name, layers):
    """From where to where an arc goes, and how high: three arrays (arcs,)."""
    block, reader, source = _arcs(name, layers)
    start, end = block * (layers + 1) + source, block * (layers + 1) + reader + 1
    return start, end, 3 * (end - start) / (layers + 1)


def nets():
    """Exact counts of every net, what each layer reads, and test errors in per cent; θ matters with concat alone."""
    from skiplab.nets import densenet
    from skiplab.sweeps import densenet as sweep

    ways = {tuple(how.values()): way for way, how in sweep.WAYS.items()}
    cells = itertools.product(MERGES, THETAS, LAYERS, GROWTHS)
    plans = [sweep.plan(ways[merge, theta if merge == "concat" else 1.0], *sizes) for merge, theta, *sizes in cells]
    numbers = {"parameters": [densenet.parameters(**plan) for plan in plans], "stored": [densenet.stored(**plan) for plan in plans],
               "new": [densenet.new_features(**plan) for plan in plans]}  # fmt: skip
    reads = np.nan_to_num([_pad(np.concatenate(densenet.Plan(**plan).widths), 2 * SIDE) for plan in plans])
    numbers |= {f"reads_{n}": row for n, row in enumerate(reads.T, 1)}
    axes, test = {"merge": MERGES, **_NETS}, SHIPPED["test"]
    grids = {name: Grid(np.reshape(row, [*map(len, axes.values())]), **axes) for name, row in numbers.items()}
    errors = Grid(np.where(np.isnan(test), test.at(theta=len(THETAS) * [1.0]), test), **test.axes)
    grids |= spread("error", 100 * errors)
    return grids | {name: grid for merge in MERGES for name, grid in _curves(merge, grids).items()}


def _curves(merge, grids):
    """The nets of one merge: as a line over all growth rates, with the range of its errors, and all of them as dots."""
    names = {"x": "parameters", "y": "error", "low": "error_low", "high": "error_high"}
    lines = {f"{merge}_{name}": grids[of].at(merge=merge).rename("growth", "growths") for name, of in names.items()}
    return lines | {f"{merge}_all_{name}": lines[f"{merge}_{name}"].rename("layers", "depths") for name in "xy"}


def matrices():
    """Both matrices of both blocks, as cells and as the widths of arcs, and what is said of the head."""
    middle = np.stack([SHIPPED[shows].median("seeds") for shows in RANGES])  # (shows, θ, L, k, block, reader, source)
    low, high = np.array([*RANGES.values()]).T  # (shows,)
    arrays = {"idle": np.sum(middle < IDLE, (4, 5, 6)), "map_1": middle[..., 0, :, :], "map_2": middle[..., 1, :, :]}
    for end, cells in (("", middle), ("_1", arrays["map_1"]), ("_2", arrays["map_2"])):
        block = tuple(range(4, cells.ndim))
        arrays |= {f"least{end}": np.nanmin(cells, block), f"most{end}": np.nanmax(cells, block)}
    shares = (np.moveaxis(middle, 0, -1) - low) / (high - low)
    widths = np.moveaxis(0.4 + 4.6 * shares.clip(0, 1), -1, 0)
    for name, most in _ARCS.items():
        rows = [_pad(widths[:, :, i][(..., *_arcs(name, L))], most) for i, L in enumerate(LAYERS)]
        arrays[f"{name}_width"] = np.nan_to_num(np.stack(rows, 2))
    shades = {"scale": np.linspace(low, high, SIDE, axis=1), "shade_low": low, "shade_high": high}
    return along(arrays, shows=RANGES, **_NETS) | along(shades, shows=RANGES) | along(_heads(), **_NETS)


def _heads():
    """What the head reads of its newest layer and of what came into its block: arrays (theta, layers, growth)."""
    def head(shows, source=None):
        nets = [SHIPPED[shows].at(layers=L, block=2, reader=L, source=L if source is None else source) for L in LAYERS]
        return np.stack(nets, 1)  # (theta, layers, growth, seeds)

    shares = {"ratio": head("weights") / head("weights", 0), "newest": head("cut"), "oldest": head("cut", 0)}
    return {name: np.median(share, -1) for name, share in shares.items()}


def _pad(row, length):
    """The row (..., n) with NaN up to `length`."""
    return np.pad(np.asarray(row, dtype=float), [(0, 0)] * (np.ndim(row) - 1) + [(0, length - np.shape(row)[-1])], constant_values=np.nan)
