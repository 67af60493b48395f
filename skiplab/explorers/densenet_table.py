"""The numbers behind the DenseNet explorer: where its nodes and arcs stand, exact counts, errors, and what trained nets read."""

import itertools

import numpy as np

from skiplab import sweeps
from skiplab.explore.table import along

SHIPPED = sweeps.load("densenet")
MERGES, THETAS, LAYERS, GROWTHS = (SHIPPED["test"].axes[name] for name in ("merge", "theta", "layers", "growth"))
MOST, SIDE = LAYERS[-1], LAYERS[-1] + 1
RANGES = {"weights": (0.5, 1.5), "cut": (0.0, 0.2)}  # what the shading and the arcs tell apart: relative weights, and loss in nats
IDLE = 0.05  # nats: a connection whose cut costs less is hardly missed


def layout():
    """Where everything stands, for each number of layers: stem at 0, the layers of block 1, the transition, block 2, the head."""
    into, after, around = zip(*(_arcs(L) for L in LAYERS), strict=True)
    places = _places()
    for kind, arcs, most in (("into", into, MOST * SIDE), ("next", after, 2 * SIDE), ("round", around, 2 * MOST)):
        for i, name in enumerate(("from", "to", "lift")):
            places[f"{kind}_{name}"] = [_pad(np.array(some)[:, i], most) for some in arcs]
    places["round_width"] = np.isfinite(places["round_from"]) * 2.4
    for n in range(1, 2 * SIDE + 1):
        places[f"at_{n}"], places[f"has_{n}"] = [n for L in LAYERS], [n <= 2 * (L + 1) for L in LAYERS]
    places |= {f"is_{n}": [n <= L for L in LAYERS] for n in range(1, SIDE)}
    for merge, sources in (("concat", 0), ("add", SIDE), ("none", 1)):
        places[f"{merge}_wiring"] = [_wiring(L, sources) for L in LAYERS]
    places = {name: np.array(array, dtype=float) for name, array in places.items()}
    return along(places, layers=LAYERS) | along({"width": 2 * np.array(GROWTHS)}, growth=GROWTHS)


def _places():
    """Nodes, names, matrices and their scales: a list for each name, with an entry for each number of layers."""
    blocks = [[np.arange(1, L + 1), np.arange(L + 2, 2 * L + 2)] for L in LAYERS]
    return {
        "span": [[0, 2 * L + 2] for L in LAYERS], "flat": np.zeros((len(LAYERS), 2)),
        "ends": [[0, L + 1, 2 * L + 2] for L in LAYERS], "ends_y": np.zeros((len(LAYERS), 3)),
        "nodes": [_pad(np.concatenate(both), 2 * MOST) for both in blocks], "nodes_y": np.zeros((len(LAYERS), 2 * MOST)),
        "stem_at": [0 for L in LAYERS], "transition_at": [L + 1 for L in LAYERS], "head_at": [2 * L + 2 for L in LAYERS],
        "left": [-0.1 * (L + 1) for L in LAYERS], "right": [2.1 * (L + 1) for L in LAYERS],
        "total": [(L + 1) * (L + 2) for L in LAYERS], "many": [L > 1 for L in LAYERS],
        "side": [L + 1 for L in LAYERS], "last_y": [-L - 0.5 for L in LAYERS],
        "map_left": [-0.28 * (L + 1) for L in LAYERS], "map_bottom": [-1.28 * (L + 1) for L in LAYERS],
        "middle": [0.5 * (L + 1) for L in LAYERS], "middle_2": [1.5 * (L + 1) for L in LAYERS],
        "map_top": [0.1 * (L + 1) for L in LAYERS],
        "scale_x0": [0.25 * (L + 1) for L in LAYERS], "scale_x1": [0.75 * (L + 1) for L in LAYERS],
        "scale_y0": [-1.12 * (L + 1) for L in LAYERS], "scale_y1": [-1.06 * (L + 1) for L in LAYERS],
        "scale_at": [-1.09 * (L + 1) for L in LAYERS], "key_at": [-1.22 * (L + 1) for L in LAYERS],
        "label_x": [-0.05 * (L + 1) for L in LAYERS], "label_y": [0.05 * (L + 1) for L in LAYERS],
    }  # fmt: skip


def _wiring(layers, sources):
    """1 where a layer reads one of its last `sources`, else NaN; readers are rows: (SIDE * SIDE,)."""
    back = np.arange(SIDE)[:, None] - np.arange(SIDE)  # how many layers a reader is behind a source
    reads = (back >= 0) & (back < sources) & (np.arange(SIDE) <= layers)[:, None]
    return np.where(reads, 1, np.nan).ravel()


def _arcs(layers):
    """(from, to, lift) of each arc: into the layers, into what follows a block, and round each layer."""
    into, after, around = [], [], []
    for base in (0, layers + 1):
        for to in range(1, layers + 2):
            arcs = [(base + start, base + to, 3 * (to - start) / (layers + 1)) for start in range(to)]
            (into if to <= layers else after).extend(arcs)
        around += [(base + n - 0.5, base + n + 0.5, 1.0) for n in range(1, layers + 1)]
    return into, after, around


def counts(merge):
    """Exact counts of every plan with one merge, and what each layer reads."""
    from skiplab.nets import densenet

    axes, plans = _plans(merge)
    numbers = {"parameters": [densenet.parameters(**plan) for plan in plans], "stored": [densenet.stored(**plan) for plan in plans],
               "new": [densenet.new_features(**plan) for plan in plans]}  # fmt: skip
    reads = [np.nan_to_num(_pad(np.concatenate(densenet.Plan(**plan).widths), 2 * SIDE)) for plan in plans]
    numbers |= {f"reads_{n}": [row[n - 1] for row in reads] for n in range(1, 2 * SIDE + 1)}
    grids = along({name: np.reshape(row, [len(values) for values in axes.values()]) for name, row in numbers.items()}, **axes)
    return grids | _drawn("x", grids["parameters"])


def _plans(merge):
    """The axes of the nets with one merge, and their plans in that order."""
    from skiplab.sweeps import densenet

    ways = [way for way, how in densenet.WAYS.items() if how["merge"] == merge]
    axes = {"theta": THETAS} if merge == "concat" else {}
    plans = [densenet.plan(*cell) for cell in itertools.product(ways, LAYERS, GROWTHS)]
    return {**axes, "layers": LAYERS, "growth": GROWTHS}, plans


def _drawn(name, grid):
    """A number of every net as a dot here, as a line over all growth rates, and as dots for all nets."""
    line = grid.rename("growth", "growths")
    return along({f"here_{name}": grid.array[..., None]}, **grid.axes) | {name: line, f"all_{name}": line.rename("layers", "depths")}


def errors(merge):
    """Test errors in per cent with one merge: median and range over the seeds."""
    percent = 100 * SHIPPED["test"].at(merge=merge)
    percent = percent if merge == "concat" else percent.at(theta=1.0)
    error, least, most = percent.median("seeds"), percent.low("seeds"), percent.high("seeds")
    band = {name: grid.rename("growth", "growths") for name, grid in (("low", least), ("high", most))}
    return {"error": error, "least": least, "most": most} | band | _drawn("y", error)


def matrices():
    """Both matrices of both blocks, as cells and as the widths of arcs, and what is said of the head."""
    grids, arrays = {}, _heads()
    for shows, (low, high) in RANGES.items():
        middle = SHIPPED[shows].median("seeds")  # (theta, layers, growth, block, reader, source)
        arrays |= {f"{shows}_least": np.nanmin(middle.array, (3, 4, 5)), f"{shows}_most": np.nanmax(middle.array, (3, 4, 5))}
        for number in (1, 2):
            cells = middle.at(block=number)
            grids[f"{shows}_map_{number}"] = cells
            arrays |= {f"{shows}_least_{number}": np.nanmin(cells.array, (3, 4)), f"{shows}_most_{number}": np.nanmax(cells.array, (3, 4))}
        widths = 0.4 + 4.6 * np.minimum(1, np.maximum(0, (middle - low) / (high - low)))
        into, after = zip(*(_widths(widths.at(layers=layers).array, layers) for layers in LAYERS), strict=True)
        arrays |= {f"{shows}_into_width": np.stack(into, 1), f"{shows}_next_width": np.stack(after, 1)}
        arrays[f"{shows}_idle"] = np.sum(middle < IDLE, (3, 4, 5))
        grids[f"{shows}_scale"] = np.linspace(low, high, SIDE)
    return grids | along(arrays, theta=THETAS, layers=LAYERS, growth=GROWTHS)


def _heads():
    """What the head reads of its newest layer and of what came into its block: arrays (theta, layers, growth)."""
    rows = {"ratio": [], "newest": [], "oldest": []}
    for layers in LAYERS:
        weights, cut = (SHIPPED[shows].at(layers=layers, block=2, reader=layers) for shows in ("weights", "cut"))
        rows["ratio"].append((weights.at(source=layers) / weights.at(source=0)).median("seeds"))
        rows["newest"].append(cut.at(source=layers).median("seeds"))
        rows["oldest"].append(cut.at(source=0).median("seeds"))
    return {name: np.stack(row, 1) for name, row in rows.items()}


def _widths(widths, layers):
    """Widths (θ, growth, block, reader, source) in the order of `_arcs`, 0 for arcs that are not there: into the layers, and after."""
    into = [widths[..., b, to - 1, :to] for b in (0, 1) for to in range(1, layers + 1)]
    after = [widths[..., b, layers, : layers + 1] for b in (0, 1)]
    return (np.nan_to_num(_pad(np.concatenate(parts, -1), most)) for parts, most in ((into, MOST * SIDE), (after, 2 * SIDE)))


def _pad(row, length):
    """The row (..., n) with NaN up to `length`."""
    return np.pad(np.asarray(row, dtype=float), [(0, 0)] * (np.ndim(row) - 1) + [(0, length - np.shape(row)[-1])], constant_values=np.nan)
