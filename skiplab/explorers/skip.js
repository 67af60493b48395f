// y = merge(x, F(x)) for three numbers: the same as skip.py beside it.

const amount = (path, dials) => Object.entries(path).reduce((sum, [name, times]) => sum + times * (name === "1" ? 1 : dials[name]), 0);

export function formula(dials, { weights, merges }) {
  const { merge, lam, gamma, z, x0 } = dials, merge_no = merges.findIndex(({ name }) => name === merge), how = merges[merge_no];
  const x = [x0, -0.5, 0.4], f = weights.map((row) => Math.tanh(row.reduce((sum, w, i) => sum + w * x[i], 0)));
  const keep = amount(how.keep, dials), scale = amount(how.scale, dials);
  const y = how.joined ? [...x, ...f] : x.map((v, i) => keep * v + scale * f[i]), wide = how.joined ? 1 : 0;
  const numbers = Object.fromEntries(Object.entries({ x, f, y }).flatMap(([name, v]) => v.map((n, i) => [`${name}${i}`, n])));
  return {
    ...numbers, x, f, y, lam, gamma, z, keep, merge_no, wide, narrow: 1 - wide, usual: lam === 1 && gamma === 1 ? 1 : 0, colour: how.colour,
    skip_width: 1 + 6 * keep, branch_width: 1 + 4 * scale, skip_open: keep > 0 ? 1 : 0, branch_open: scale > 0 ? 1 : 0,
    shortcut: keep === 0 ? 0 : keep === 1 ? 1 : keep < 1 ? 2 : 3,
  };
}
