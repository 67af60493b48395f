// y = merge(x, F(x)) for three numbers: the same as skip.py beside it.

const MERGES = ["none", "add", "concat", "gate"];

export function formula({ merge, lam, gamma, z, x0 }, { weights, colour }) {
  const x = [x0, -0.5, 0.4], f = weights.map((row) => Math.tanh(row.reduce((sum, w, i) => sum + w * x[i], 0)));
  const [keep, scale] = { none: [0, 1], add: [lam, gamma], concat: [1, 1], gate: [1 - z, z] }[merge];
  const y = merge === "concat" ? [...x, ...f] : x.map((v, i) => keep * v + scale * f[i]), wide = merge === "concat" ? 1 : 0, usual = lam === 1 && gamma === 1 ? 1 : 0;
  const numbers = Object.fromEntries(Object.entries({ x, f, y }).flatMap(([name, v]) => v.map((n, i) => [`${name}${i}`, n])));
  return {
    ...numbers, x, f, y, lam, gamma, z, keep, merge_no: MERGES.indexOf(merge), wide, narrow: 1 - wide, usual, colour: colour[merge],
    skip_width: 1 + 6 * keep, branch_width: 1 + 4 * scale, skip_open: keep > 0 ? 1 : 0, branch_open: scale > 0 ? 1 : 0,
    shortcut: keep === 0 ? 0 : keep === 1 ? 1 : keep < 1 ? 2 : 3,
  };
}
