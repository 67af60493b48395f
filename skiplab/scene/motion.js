// What changes moves: marks and axes go from where they are seen to where the new numbers have them. Texts, colours and what is drawn
// at all change at once, as does what has another shape; a picture at rest is that of its numbers alone.
import { resolve } from "./marks.js";

export const LASTS = 400; // ms
const FRAME = 1000 / 60, KEPT = ["columns", "levels", "when"];
const CURVES = { line: ["x", "y"], band: ["x", "low", "high"] };
const AXIS = { x: "x", y: "y", low: "y", high: "y" }; // on which such numbers of a mark stand: where it is logarithmic, they move so

// Whether the reader has asked the system for no motion.
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The panels with the frame's numbers in them; of a setting that is still awaited, without what would say the numbers of another.
export function set(panels, frame, awaited) {
  const said = (mark) => (awaited && mark.kind === "text" && JSON.stringify(mark.text).includes("{") ? { ...mark, text: "" } : mark);
  return panels.map((panel) => panel && {
    ...panel, title: awaited ? "" : panel.title, x: resolve(panel.x, frame), y: resolve(panel.y, frame),
    marks: panel.marks.map((mark) => resolve(said(mark), frame)),
  });
}

export class Motion {
  // The panels as they are seen now on their way to `panels`; `lasts` ms it takes from now on, or, where nothing was moved, as it did.
  to(panels, lasts) {
    const now = performance.now();
    if (lasts !== undefined) Object.assign(this, { from: this.seen, begun: now - FRAME, lasts });
    const t = (now - this.begun) / this.lasts;
    this.moving = t < 1 && this.from?.length === panels.length;
    this.seen = this.moving ? panels.map((panel, i) => between(this.from[i], panel, 1 - (1 - t) ** 3)) : panels;
    return this.seen;
  }
}

function between(from, to, t) {
  if (!from || !to) return to;
  const axis = (name) => ({ ...to[name], range: mix(from[name].range, to[name].range, t, to[name].log) });
  return { ...to, x: axis("x"), y: axis("y"), marks: to.marks.map((mark, i) => moved(from.marks[i], mark, t, to)) };
}

// A mark that was not there before does not come from anywhere.
function moved(before, to, t, panel) {
  if (before.when !== undefined && !before.when) return to;
  const from = CURVES[to.kind] ? stretched(before, to, CURVES[to.kind]) : before;
  const go = ([key, value]) => [key, KEPT.includes(key) ? value : mix(from[key], value, t, panel[AXIS[key]]?.log)];
  return Object.fromEntries(Object.entries(to).map(go));
}

// The old curve with as many points as the new one, such as that of a stack of another depth; one with gaps in it stays as it is.
function stretched(from, to, names) {
  const [[a, b, whole], [c, d, all]] = [from, to].map((mark) => {
    const there = Array.from(mark.x, (_, i) => names.every((name) => Number.isFinite(mark[name][i])));
    const [first, last] = [there.indexOf(true), there.lastIndexOf(true)];
    return [first, last, first >= 0 && !there.slice(first, last).includes(false)];
  });
  if (!whole || !all || (a === c && b === d)) return from;
  const at = (old, i) => {
    const place = Math.min(b, Math.max(a, a + ((b - a) * (i - c)) / (d - c || 1))), k = Math.floor(place);
    return mix(old[k], old[Math.min(k + 1, b)], place - k);
  };
  return { ...from, ...Object.fromEntries(names.map((name) => [name, Array.from(to[name], (_, i) => at(from[name], i))])) };
}

// A number, or each of as many numbers, at t between two; anything else, such as NaN or a text, as it is in the second.
export function mix(from, to, t, log) {
  if (from === to || typeof to === "string") return to;
  if (to?.length !== undefined) return to.length === from?.length ? Array.from(to, (v, i) => mix(from[i], v, t, log)) : to;
  const v = log ? from * (to / from) ** t : from + (to - from) * t;
  return Number.isFinite(v) ? v : to;
}
