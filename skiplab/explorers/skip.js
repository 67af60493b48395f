// y = merge(x, F(x)) for three numbers: the same as skip.py beside it.

const amount = (path, dials) => Object.entries(path).reduce((sum, [name, times]) => sum + times * (name === "1" ? 1 : dials[name]), 0);

// Where the pieces of x and of the branch are, in the middle of three bars, and how large they are there.
function onTheWay(way, x, f, keep, scale, { arc: [[x0, y0], [x1, y1], lift], into, out: from }) {
  const top = Math.max(y0, y1) + (4 / 3) * lift, back = 1 - way, out = way > 0.5, [place, share] = out ? [from, 2 * way - 1] : [into, 2 * way];
  return {
    way, part: 100 * way, arrived: way === 1 ? 1 : 0, rides: keep > 0 && way < 1 ? 1 : 0, passes: scale > 0 && way < 1 ? 1 : 0,
    skip_x: back ** 2 * (1 + 2 * way) * x0 + way ** 2 * (3 - 2 * way) * x1 - 0.28, skip_y: back ** 3 * y0 + 3 * way * back * top + way ** 3 * y1,
    riding: x.map((v) => v * (1 + way * (keep - 1))), branch_x: place[0] + share * (place[1] - place[0]) - 0.28,
    passing: out ? f.map((v) => v * (1 + share * (scale - 1))) : x,
  };
}

export function formula(dials, constants) {
  const { weights, merges, line } = constants;
  const { merge, lam, gamma, z, x0, way } = dials, merge_no = merges.findIndex(({ name }) => name === merge), how = merges[merge_no];
  const x = [x0, -0.5, 0.4], f = weights.map((row) => Math.tanh(row.reduce((sum, w, i) => sum + w * x[i], 0)));
  const keep = amount(how.keep, dials), scale = amount(how.scale, dials);
  const y = how.joined ? [...x, ...f] : x.map((v, i) => keep * v + scale * f[i]), joined = how.joined ? 1 : 0, there = way === 1 ? 1 : 0;
  const kept = x.map((v) => keep * v), from = kept.map((v) => line + v), more = f.map((v) => scale * v), end = from.map((v, i) => v + more[i]);
  const numbers = Object.fromEntries(Object.entries({ x, f, y, from, more, end }).flatMap(([name, v]) => v.map((n, i) => [`${name}${i}`, n])));
  return {
    ...numbers, x, f, y, kept, lam, gamma, z, keep, merge_no, joined, wide: joined * there, narrow: (1 - joined) * there, usual: lam === 1 && gamma === 1 ? 1 : 0, colour: how.colour,
    skip_width: 1 + 6 * keep, branch_width: 1 + 4 * scale, skip_open: keep > 0 ? 1 : 0, branch_open: scale > 0 ? 1 : 0,
    shortcut: keep === 0 ? 0 : keep === 1 ? 1 : keep < 1 ? 2 : 3, ...onTheWay(way, x, f, keep, scale, constants),
  };
}
