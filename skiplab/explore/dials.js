// A dial is a trait of the model: it is moved here, by the kernel, or by any widget that is linked to it.
export class Dial {
  constructor(model, spec) {
    Object.assign(this, { model, spec, disabled: false });
  }

  get value() {
    return nearest(this.spec, this.model.get(this.spec.name));
  }

  // `keep` tells the kernel too, with all that was kept back before.
  set(value, keep = true) {
    this.model.set(this.spec.name, onStep(this.spec, nearest(this.spec, value)));
    if (keep) this.model.save_changes();
  }

  get text() {
    return written(this.spec, this.value);
  }

  // A linked widget may have sent what is not allowed.
  settle() {
    if (same(this.value, this.model.get(this.spec.name))) return;
    this.model.set(this.spec.name, this.value);
    this.model.save_changes();
  }

  on(heed) {
    this.model.on(`change:${this.spec.name}`, heed);
  }

  off(heed) {
    this.model.off(`change:${this.spec.name}`, heed);
  }
}

export const dialsOf = (model) => model.get("_spec").dials.map((spec) => new Dial(model, spec));

export const read = (dials) => Object.fromEntries(dials.map((d) => [d.spec.name, d.value]));

// As `nearest` in dials.py.
export function nearest(spec, value) {
  const { kind, options, least, most, nodes } = spec;
  if (kind === "curve") return Array.isArray(value) ? value : null;
  if (kind === "choice") return options.includes(value) ? value : spec.start;
  if (kind === "pairs") return ordered((Array.isArray(value) ? value : spec.start).filter(([i, j]) => 0 <= i && i < j && j < nodes));
  if (typeof value !== "number" || !Number.isFinite(value)) return spec.start;
  if (options) return options.reduce((best, rung) => (Math.abs(rung - value) < Math.abs(best - value) ? rung : best));
  const inside = Math.min(most, Math.max(least, value));
  return spec.whole ? Math.round(inside) : tidy(inside);
}

// Where the reader's own moves end.
function onStep({ kind, least, step }, value) {
  return kind === "slider" ? tidy(least + Math.round((value - least) / step) * step) : value;
}

// All pairs of so many nodes, in order.
export const pairsOf = (nodes) =>
  Array.from({ length: nodes }, (_, i) => Array.from({ length: nodes - 1 - i }, (_, j) => [i, i + 1 + j])).flat();

function ordered(pairs) {
  const once = new Map(pairs.map((pair) => [String(pair), pair]));
  return [...once.values()].sort(([a, b], [c, d]) => a - c || b - d);
}

// How a value is written; a minus sign is one. A prediction has none at first.
export function written({ kind, labels, options, step }, value) {
  if (value === null) return "";
  if (kind === "pairs") return value.map((pair) => pair.join("–")).join(", ") || "none";
  return (labels ? labels[options.indexOf(value)] : value.toFixed(Math.max(decimals(step), decimals(value)))).replace(/^-/, "−");
}

// Where all dials stand that matter, in words; as `setting` in dials.py.
export const setting = (dials, values) =>
  dials.filter((d) => !d.disabled).map(({ spec }) => `${spec.label}: ${written(spec, values[spec.name])}`).join(" · ");

// The dials that do not matter now.
export function grey(dials, values) {
  for (const d of dials) d.disabled = Object.entries(d.spec.only).some(([name, when]) => !when.includes(values[name]));
}

export const same = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

// Whether the dials named in `at` stand as they did there.
export const stand = (at, values) => Object.entries(at).every(([name, v]) => same(values[name], v));

export const tidy = (value) => Number(value.toPrecision(12));

function decimals(value) {
  const [, part = "", power = 0] = String(tidy(value)).match(/^[^.e]*(?:\.(\d+))?(?:e(.*))?$/);
  return Math.max(0, part.length - power);
}

// The line of code that makes the explorer as it stands; only dials that were moved are named.
export function code({ name, takes, dials }, values) {
  const moved = dials.filter((spec) => !same(values[spec.name], spec.start)).map((spec) => `${spec.name}=${literal(values[spec.name], spec)}`);
  return `${name}(${[...takes.toLowerCase().split(" ").slice(-1).filter(Boolean), ...moved].join(", ")})`;
}

function literal(value, spec) {
  if (spec.kind === "choice") return `'${value}'`;
  if (spec.kind === "pairs") return `(${value.map((pair) => `(${pair.join(", ")})`).join(", ")}${value.length === 1 ? "," : ""})`;
  const text = String(tidy(value));
  return spec.whole || text.includes(".") || text.includes("e") ? text : `${text}.0`;
}
