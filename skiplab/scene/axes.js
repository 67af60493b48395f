// An axis turns numbers into places: scales, ticks and the frame of a panel.
import { fill, superscript } from "./template.js";

export function scale([lo, hi], from, to, { log = false, power = false, whole = false, ticks = null, names = null }) {
  const f = log ? Math.log10 : (v) => v;
  const a = f(lo), k = (to - from) / (f(hi) - a);
  return {
    lo, hi, log, power, whole, own: ticks, names, from, to,
    at: (v) => from + (f(v) - a) * k,
    back: (p) => (log ? 10 ** (a + (p - from) / k) : a + (p - from) / k),
  };
}

export function ticks(axis, room) {
  if (axis.own) return axis.own.map((v, i) => [v, axis.names?.[i] ?? String(v)]);
  return axis.log ? logTicks(axis, room) : linearTicks(axis, room);
}

function linearTicks({ lo, hi, power, whole }, room) {
  const rough = Math.max((hi - lo) / Math.max(2, room), power || whole ? 1 : 0), ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), out = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++)
    out.push([i * step, power ? (i ? `10${superscript(Math.round(i * step))}` : "1") : (i === 0 ? "0" : (i * step).toFixed(digits)).replace("-", "−")]);
  return out;
}

function logTicks({ lo, hi }, room) {
  const first = Math.ceil(Math.log10(lo) - 1e-9), last = Math.floor(Math.log10(hi) + 1e-9), out = [];
  const step = Math.max(1, Math.ceil((last - first) / Math.max(2, room)));
  for (let p = first; p <= last; p += step) out.push([10 ** p, p === 0 ? "1" : `10${superscript(p)}`]);
  return out;
}

// Where a panel stands, in px: its box is [left, top, right, bottom] as fractions of the canvas; its head, in em, has room for its title.
export function place(panel, frame, env) {
  const em = env.font, [l, t, r, b] = panel.box, bare = panel.axes === false;
  let left = l * env.width + (bare ? 4 : (panel.y.log || panel.y.power ? 4.8 : 4) * em), right = r * env.width - (bare ? 4 : 1.4 * em);
  let top = t * env.height + (panel.head ?? 2.2) * em, bottom = b * env.height - (bare ? 4 : 3.2 * em);
  const [x, y] = [range(panel.x, frame), range(panel.y, frame)];
  const room = right - left;
  if (panel.equal) {
    const unit = Math.min((right - left) / (x[1] - x[0]), (bottom - top) / (y[1] - y[0]));
    right = left + unit * (x[1] - x[0]);
    bottom = top + unit * (y[1] - y[0]);
  }
  return { left, top, right, bottom, room, x: scale(x, left, right, panel.x), y: scale(y, bottom, top, panel.y) };
}

function range(axis, frame) {
  return axis.range.map((v) => (typeof v === "string" ? frame[v.slice(1)] : v));
}

// Where each panel stands, and how high the picture is: in a narrow place one panel is under the other, none higher than it needs.
export function arrange(scene, frame, env) {
  const { panels } = scene;
  if (env.width >= 42 * env.font || panels.length < 2) return { panels, height: env.height };
  const highs = panels.map((panel) => {
    const most = env.height * Math.min(0.85, panel.box[3] - panel.box[1]), box = [0, 0, 1, most / env.height];
    const at = panel.equal && place({ ...panel, box }, frame, env);
    return at ? at.bottom + (panel.axes === false ? 4 : 3.2 * env.font) : most;
  });
  const height = highs.reduce((a, b) => a + b), foot = highs.map((_, i) => highs.slice(0, i + 1).reduce((a, b) => a + b) / height);
  return { panels: panels.map((panel, i) => ({ ...panel, box: [0, foot[i - 1] ?? 0, 1, foot[i]] })), height };
}

export function drawAxes(ctx, panel, at, frame, env) {
  const em = env.font;
  if (panel.title) drawTitle(ctx, fill(panel.title, frame), at, at.room + (panel.axes === false ? -0.5 : 1) * em, env);
  if (panel.axes === false) return;
  ctx.fillStyle = env.colour("ink");
  ctx.font = `${em}px ${env.family}`;
  ctx.strokeStyle = env.colour("muted");
  ctx.lineWidth = 1;
  ctx.strokeRect(at.left, at.top, at.right - at.left, at.bottom - at.top);
  ctx.textAlign = "center";
  for (const [v, label] of ticks(at.x, (at.right - at.left) / (4.5 * em))) ctx.fillText(label, at.x.at(v), at.bottom + 1.25 * em);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const [v, label] of ticks(at.y, (at.bottom - at.top) / (2.6 * em))) ctx.fillText(label, at.left - 0.45 * em, at.y.at(v));
  drawLabels(ctx, panel, at, frame, em);
}

// A title that is too long is set smaller, and one that is much too long in two lines.
function drawTitle(ctx, title, at, room, env) {
  const em = env.font, least = env.pen > 1 ? 0.92 : 0.8; // on the stage no text is small
  const face = (size) => `600 ${em * 1.05 * size}px ${env.family}`;
  ctx.fillStyle = env.colour("ink");
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = face(1);
  const fit = room / ctx.measureText(title).width, words = title.split(" ");
  ctx.font = face(Math.min(1, Math.max(least, fit)));
  if (fit >= least || words.length < 2) return ctx.fillText(title, at.left, at.top - 0.75 * em, room);
  const length = (n) => Math.max(words.slice(0, n).join(" ").length, words.slice(n).join(" ").length);
  const cut = words.map((_, n) => n).slice(1).reduce((a, b) => (length(b) < length(a) ? b : a));
  ctx.fillText(words.slice(0, cut).join(" "), at.left, at.top - 1.45 * em, room);
  ctx.fillText(words.slice(cut).join(" "), at.left, at.top - 0.4 * em, room);
}

function drawLabels(ctx, panel, at, frame, em) {
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  ctx.fillText(fill(panel.x.label, frame), (at.left + at.right) / 2, at.bottom + 2.65 * em, at.right - at.left + 2.4 * em);
  ctx.save();
  ctx.translate(at.left - (panel.y.log || panel.y.power ? 3.8 : 3) * em, (at.top + at.bottom) / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.fillText(fill(panel.y.label, frame), 0, 0, at.bottom - at.top + 4 * em);
  ctx.restore();
}

export function drawGrid(ctx, at, env) {
  ctx.strokeStyle = env.colour("grid");
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const [v] of ticks(at.x, (at.right - at.left) / (4.5 * env.font))) segment(ctx, at.x.at(v), at.top, at.x.at(v), at.bottom);
  for (const [v] of ticks(at.y, (at.bottom - at.top) / (2.6 * env.font))) segment(ctx, at.left, at.y.at(v), at.right, at.y.at(v));
  ctx.stroke();
}

function segment(ctx, x0, y0, x1, y1) {
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
}
