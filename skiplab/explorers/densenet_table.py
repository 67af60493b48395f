"""The numbers behind the DenseNet explorer: where its nodes and arcs stand, exact counts, errors, and what trained nets read."""

import itertools

import numpy as np

from skiplab import sweeps

LAYERS, GROWTHS, THETAS, MERGES = (1, 2, 4, 6), (2, 4, 8), (0.5, 1.0), ("concat", "add", "none")
MOST, SIDE = LAYERS[-1], LAYERS[-1] + 1
RANGES = {"weights": (0.5, 1.5), "cut": (0.0, 0.2)}  # what the shading and the arcs tell apart: relative weights, and loss in nats
IDLE = 0.05  # nats: a connection whose cut costs less is hardly missed
_SIZES = {"theta": len(THETAS), "layers": len(LAYERS), "growth": len(GROWTHS)}


def layout():
    """Where everything stands, for each number of layers: stem at 0, the layers of block 1, the transition, block 2, the head."""
    into, after, around = zip(*(_arcs(L) for L in LAYERS), strict=True)
    found = _places()
    for kind, arcs, most in (("into", into, MOST * SIDE), ("next", after, 2 * SIDE), ("round", around, 2 * MOST)):
        for i, name in enumerate(("from", "to", "lift")):
            found[f"{kind}_{name}"] = [_pad(np.array(some)[:, i], most) for some in arcs]
    found["round_width"] = np.isfinite(found["round_from"]) * 2.4
    for n in range(1, 2 * SIDE + 1):
        found[f"at_{n}"], found[f"has_{n}"] = [n for L in LAYERS], [n <= 2 * (L + 1) for L in LAYERS]
    found |= {f"is_{n}": [n <= L for L in LAYERS] for n in range(1, SIDE)}
    for merge, sources in (("concat", 0), ("add", SIDE), ("none", 1)):
        found[f"{merge}_wiring"] = [_wiring(L, sources) for L in LAYERS]
    return {name: (("layers",), np.array(array, dtype=float)) for name, array in found.items()} | {
        "width": (("growth",), 2 * np.array(GROWTHS))
    }


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


def counts():
    """Exact counts of every plan, and what each layer reads."""
    from skiplab.nets import densenet

    found = {}
    for merge in MERGES:
        along, plans = _plans(merge)
        rows = {"parameters": [densenet.parameters(**plan) for plan in plans], "stored": [densenet.stored(**plan) for plan in plans],
                "new": [densenet.new_features(**plan) for plan in plans]}  # fmt: skip
        reads = [np.nan_to_num(_pad(np.concatenate(densenet.Plan(**plan).widths), 2 * SIDE)) for plan in plans]
        rows |= {f"reads_{n}": [row[n - 1] for row in reads] for n in range(1, 2 * SIDE + 1)}
        found |= {f"{merge}_{name}": (along, np.reshape(row, [_SIZES[dial] for dial in along])) for name, row in rows.items()}
        x = found[f"{merge}_parameters"][1]
        found[f"{merge}_here_x"], found[f"{merge}_x"] = (along, x[..., None]), (along[:-1], x)
        found[f"{merge}_all_x"] = (along[:-2], x.reshape(*x.shape[:-2], -1))
    return found


def _plans(merge):
    """The dials on which the nets of a merge depend, and their plans in that order."""
    from skiplab.sweeps import densenet

    ways = densenet.CONCAT if merge == "concat" else (merge,)
    plans = [densenet.plan(*cell) for cell in itertools.product(ways, LAYERS, GROWTHS)]
    return (("theta", "layers", "growth") if merge == "concat" else ("layers", "growth")), plans


def errors(merge):
    """Test errors in per cent: median and range over the seeds."""
    along, _ = _plans(merge)
    percent = 100 * _of(sweeps.load("densenet")["test"], merge) / 597  # (..., seeds)
    middle, low, high = np.median(percent, -1), percent.min(-1), percent.max(-1)
    found = {"error": (along, middle), "least": (along, low), "most": (along, high), "here_y": (along, middle[..., None]),
             "y": (along[:-1], middle), "low": (along[:-1], low), "high": (along[:-1], high),
             "all_y": (along[:-2], middle.reshape(*middle.shape[:-2], -1))}  # fmt: skip
    return {f"{merge}_{name}": pair for name, pair in found.items()}


def _of(array, merge):
    """The rows of one merge from an array whose first axis is the sweep's ways."""
    from skiplab.sweeps import densenet

    rows = [i for i, way in enumerate(densenet.WAYS) if way.startswith(merge)]
    return array[rows] if merge == "concat" else array[rows[0]]


def matrices():
    """Both matrices of both blocks, as cells and as the widths of arcs, and what is said of the head."""
    along, found, heads = ("theta", "layers", "growth"), {}, {}
    for shows, (low, high) in RANGES.items():
        every = sweeps.load("densenet")[shows].astype(float)  # (θ, layers, growth, seeds, block, reader, source)
        middle = np.median(every, 3)
        found |= {f"{shows}_least": (along, np.nanmin(middle, (3, 4, 5))), f"{shows}_most": (along, np.nanmax(middle, (3, 4, 5)))}
        for number in (1, 2):
            cells = middle[..., number - 1, :, :].reshape(*middle.shape[:3], -1)
            found |= {f"{shows}_map_{number}": (along, cells), f"{shows}_least_{number}": (along, np.nanmin(cells, -1)),
                      f"{shows}_most_{number}": (along, np.nanmax(cells, -1))}  # fmt: skip
        widths = 0.4 + 4.6 * np.clip((middle - low) / (high - low), 0, 1)
        into, after = zip(*(_widths(widths[:, j], layers) for j, layers in enumerate(LAYERS)), strict=True)
        found |= {f"{shows}_{name}_width": (along, np.stack(rows, 1)) for name, rows in (("into", into), ("next", after))}
        found[f"{shows}_idle"] = (along, (middle < IDLE).sum((3, 4, 5)))
        found[f"{shows}_scale"] = ((), np.linspace(low, high, SIDE))
        heads[shows] = [every[:, j, :, :, 1, layers, [layers, 0]] for j, layers in enumerate(LAYERS)]  # (newest or first, θ, growth, seeds)
    ratio, newest, oldest = (
        [f(row) for row in heads[shows]]
        for shows, f in (
            ("weights", lambda row: np.median(row[0] / row[1], -1)),
            ("cut", lambda row: np.median(row[0], -1)),
            ("cut", lambda row: np.median(row[1], -1)),
        )
    )
    return found | {name: (along, np.stack(rows, 1)) for name, rows in (("ratio", ratio), ("newest", newest), ("oldest", oldest))}


def _widths(widths, layers):
    """Widths (θ, growth, block, reader, source) in the order of `_arcs`, 0 for arcs that are not there: into the layers, and after."""
    into = [widths[..., b, to - 1, :to] for b in (0, 1) for to in range(1, layers + 1)]
    after = [widths[..., b, layers, : layers + 1] for b in (0, 1)]
    return (np.nan_to_num(_pad(np.concatenate(parts, -1), most)) for parts, most in ((into, MOST * SIDE), (after, 2 * SIDE)))


def _pad(row, length):
    """The row (..., n) with NaN up to `length`."""
    return np.pad(np.asarray(row, dtype=float), [(0, 0)] * (np.ndim(row) - 1) + [(0, length - np.shape(row)[-1])], constant_values=np.nan)
