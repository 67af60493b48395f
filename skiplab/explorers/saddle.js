// The toy saddle in closed form: the same numbers as saddle.py beside it, kept equal by a test in the browser.
const KINDS_OF_SKIP = ["block", "pair", "weight"], OPTIMIZERS = ["gd", "momentum", "adam", "noisy"];
const SPAN = { pair: 2, weight: 1 }, RUNAWAY = 1e6;

function toy({ alpha, form, lam, length }) {
  if (form === "pair" && length % 2) throw new Error(`length: form 'pair' needs an even number of weights, got ${length}.`);
  return { alpha, keep: form === "plain" ? 0 : lam, span: SPAN[form] || length, length, weight: form === "weight" };
}

// m(w), or, for a weight's number, its slope along that weight.
function multiplier(t, w, along = -1) {
  let m = 1;
  for (let k = 0; k < t.length; k += t.span) {
    let p = 1;
    for (let i = k; i < k + t.span; i++) if (i !== along) p *= w[i];
    m *= along >= k && along < k + t.span ? p : t.keep + p;
  }
  return m;
}

const slope = (t, w) => Float64Array.from(w, (_, i) => multiplier(t, w, i));
const tie = (a, b, n) => Array.from({ length: n }, (_, i) => (i % 2 ? b : a));

export function descend(t, start, { steps, lr, optimizer, sigma }, noise) {
  const n = t.length, w = Float64Array.from(start), path = [Array.from(w)], first = new Float64Array(n), second = new Float64Array(n);
  for (let s = 0; s < steps; s++) {
    const gap = 2 * (multiplier(t, w) - t.alpha), d = slope(t, w);
    for (let i = 0; i < n; i++) {
      const g = gap * d[i] + (optimizer === "noisy" ? sigma * noise[2 * s + (i % 2)] : 0);
      if (optimizer === "momentum") w[i] -= lr * (first[i] = 0.9 * first[i] + g);
      else if (optimizer === "adam") {
        first[i] = 0.9 * first[i] + 0.1 * g;
        second[i] = 0.999 * second[i] + 0.001 * g * g;
        w[i] -= (lr * (first[i] / (1 - 0.9 ** (s + 1)))) / (Math.sqrt(second[i] / (1 - 0.999 ** (s + 1))) + 1e-8);
      } else w[i] -= lr * g;
    }
    if (!w.every((x) => Math.abs(x) < RUNAWAY)) break;
    path.push(Array.from(w));
  }
  return path;
}

// The curvature at the saddle, at a distance of 1 from its target: all slopes are 0 there, and m bends only along two weights that make
// a block, or a net; the other blocks multiply it.
function steepness(t) {
  if (t.weight) return t.length === 2 ? 2 : 0;
  return t.span === 2 ? 2 * Math.abs(t.keep) ** (t.length / 2 - 1) : 0;
}

// What stands there, in the order of KINDS in theory/saddle.py.
function kindOf(gap, curve) {
  if (gap * gap <= 1e-9) return curve > 1e-9 ? 1 : 2;
  return curve > 1e-9 ? 3 : 4;
}

const saddlePoint = (t) => (t.weight ? -t.keep : 0);

function gone(t, w) {
  const there = multiplier(t, Array(t.length).fill(saddlePoint(t)));
  return t.alpha === there ? 0 : (multiplier(t, w) - there) / (t.alpha - there);
}

// As skiplab.saddle.predicted_escape: along the hyperbola that gradient flow follows.
function predicted(t, wa, wb, lr, curve, points = 400) {
  const at = saddlePoint(t), a = wa - at, b = wb - at;
  if (Math.max(Math.abs(a), Math.abs(b)) > 1) return NaN;
  for (const sign of [1, -1]) {
    const outwards = Math.abs(a + sign * b) / 2, step = (sign * (outwards > 0 && outwards < 4 ? Math.log(4 / outwards) : 0)) / (points - 1);
    const rate = [], done = [];
    for (let k = 0; k < points && !(done.at(-1) >= 0.9); k++) {
      const c = Math.cosh(k * step), s = Math.sinh(k * step), u = [a * c + b * s, b * c + a * s];
      const w = tie(at + u[0], at + u[1], t.length), d = slope(t, w), gap = 2 * (multiplier(t, w) - t.alpha);
      const steep = [Math.abs(gap * d[0]), Math.abs(gap * d[1])], which = steep[0] >= steep[1] ? 0 : 1;
      rate.push(steep[which] > 1e-12 ? Math.abs(u[1 - which]) / steep[which] : NaN);
      done.push(gone(t, w));
    }
    if (done.length > 1 && done.at(-1) >= 0.9 && done.every((d, k) => !k || d - done[k - 1] > -1e-15))
      return flowSteps(Math.abs(step), rate, done, lr, curve);
  }
  return NaN;
}

function flowSteps(step, rate, done, lr, curve) {
  let time = 0;
  for (let k = 1; k < rate.length; k++) {
    const cut = k + 1 === rate.length ? (0.9 - done[k - 1]) / (done[k] - done[k - 1]) : 1;
    time += (cut * step * (rate[k] + rate[k - 1])) / 2;
  }
  const h = lr * curve;
  return (time / lr) * (h > 1e-12 ? h / Math.log1p(h) : 1);
}

// The map changes only with the problem, not with the start or the optimizer: it is kept in `memo`.
function fields(t, { reach, side }, memo, arm) {
  const key = [t.alpha, t.keep, t.span, t.length].join(" ");
  if (memo[arm]?.key === key) return memo[arm].fields;
  const height = new Float32Array(side * side), m = new Float32Array(side * side), w = new Float64Array(t.length);
  for (let j = 0; j < side; j++)
    for (let i = 0; i < side; i++) {
      for (let k = 0; k < t.length; k++) w[k] = -reach + (2 * reach * (k % 2 ? j : i)) / (side - 1);
      m[j * side + i] = multiplier(t, w) - t.alpha;
      height[j * side + i] = Math.log10(m[j * side + i] ** 2 + 1e-12);
    }
  memo[arm] = { key, fields: { height, miss: m } };
  return memo[arm].fields;
}

// Where the saddle is, what stands there, and its curvature for every target.
function about(t, v, { targets: [least, most], clear }) {
  const at = saddlePoint(t), there = multiplier(t, Array(t.length).fill(at)), steep = steepness(t);
  const within = (value, [low, high]) => Math.min(Math.max(value, low), high), at_most = (a) => within(a, [least, most]);
  const targets = [least, at_most(there), most], curves = targets.map((a) => steep * Math.abs(a - there)), curve = steep * Math.abs(t.alpha - there);
  const kind = kindOf(t.alpha - there, curve);
  const guess = predicted(t, v.w1, v.w2, v.lr, curve), [from, to] = [curves[0], curves[2]].map((c) => within(c, clear));
  return {
    at, rim: there - t.alpha, kind, stands: kind > 2 ? 1 : 0, rests: kind < 3 ? 1 : 0, curve, targets, curves, from, to,
    predicted: guess, guessed: Number.isFinite(guess) && v.optimizer === "gd" ? 1 : 0,
  };
}

// The path and its loss up to the step that is shown, and how the descent ended.
function descent(t, v, { steps, sigma, noise }, rests) {
  const path = descend(t, tie(v.w1, v.w2, t.length), { ...v, steps, sigma }, noise), last = path.length - 1;
  const escape = path.findIndex((w) => Math.abs(1 - gone(t, w)) <= 0.1 + 1e-12), diverged = last < steps;
  const shown = Math.min(v.shown, last), losses = path.map((p) => (multiplier(t, p) - t.alpha) ** 2), until = path.slice(0, shown + 1);
  return {
    path_a: until.map((p) => p[0]), path_b: until.map((p) => p[1]), here_a: path[shown][0], here_b: path[shown][1], step_now: shown, last,
    step: until.map((_, s) => s), losses: losses.slice(0, shown + 1).map((l) => Math.max(l, 1e-12)),
    loss_now: Math.max(losses[shown], 1e-12), spent: losses[shown] <= 1e-12 ? 1 : 0, final: Math.max(losses[last], 1e-12),
    outcome: diverged ? 2 : rests ? 3 : escape < 0 ? 1 : 0, escape, once: (diverged ? last : escape) === 1 ? 1 : 0,
  };
}

function shared(v, plain, skip) {
  const apart = skip.curve - plain.curve, alike = Math.abs(apart) < 1e-9;
  let verdict = alike ? (skip.curve < 1e-9 ? 3 : 2) : apart > 0 ? 1 : 0;
  if (plain.rests || skip.rests) verdict = 3 + skip.rests + 2 * plain.rests;
  return {
    form_no: KINDS_OF_SKIP.indexOf(v.form), optimizer_no: OPTIMIZERS.indexOf(v.optimizer), longer: v.length > 2 ? 1 : 0, verdict,
  };
}

export function formula(v, constants, memo) {
  const frame = { ...v }, arms = { plain: toy({ ...v, form: "plain" }), skip: toy(v) }, found = {};
  for (const [arm, t] of Object.entries(arms)) {
    const there = (found[arm] = about(t, v, constants));
    const numbers = { ...there, ...fields(t, constants, memo, arm), ...descent(t, v, constants, there.rests) };
    for (const name in numbers) frame[`${arm}_${name}`] = numbers[name];
  }
  return Object.assign(frame, shared(v, found.plain, found.skip));
}
