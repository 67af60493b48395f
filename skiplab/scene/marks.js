// A mark draws one thing from numbers. A new kind of mark is one function here, one in marks.py, and one line in each map.
import { fill } from "./template.js";
import { contourLines, heatImage } from "./field.js";

export const MARKS = { heat, cells, contour, line, band, points, bars, box, arrow, arc, arcs, text };

// Fill "@name" with the frame's value, wherever it stands in a mark.
export function resolve(mark, frame) {
  const out = {};
  for (const [key, v] of Object.entries(mark)) {
    out[key] = typeof v === "string" && v[0] === "@" ? frame[v.slice(1)]
      : Array.isArray(v) ? v.map((e) => (typeof e === "string" && e[0] === "@" ? frame[e.slice(1)] : e)) : v;
    if (out[key] === undefined) throw new Error(`the scene names "${v}", which is not in the frame`);
  }
  return out;
}

function heat(ctx, m, at, env) {
  const image = heatImage(m.z, m.range, m.levels, env.palette.field);
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(image, at.x.at(m.x[0]), at.y.at(m.y[1]), at.x.at(m.x[1]) - at.x.at(m.x[0]), at.y.at(m.y[0]) - at.y.at(m.y[1]));
}

// A matrix, its first row on top, in `colors` from the least of `range` to the most; NaN stays empty, `gap` px part the cells.
function cells(ctx, m, at, env) {
  const hex = (name) => ((ctx.fillStyle = env.colour(name)), ctx.fillStyle); // the theme's paper may be "white"
  const image = heatImage(m.z, m.range, m.levels || 64, env.palette[m.colors] || m.colors.map(hex), m.columns);
  const left = at.x.at(m.x[0]), top = at.y.at(m.y[1]), w = at.x.at(m.x[1]) - left, h = at.y.at(m.y[0]) - top;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(image, left, top, w, h);
  if (m.dotted !== undefined) dots(ctx, m, [left, top, w / m.columns, (h * m.columns) / m.z.length], env);
  if (!m.gap) return;
  ctx.fillStyle = env.colour("paper");
  for (let i = 0; i <= m.columns; i++) ctx.fillRect(left + (w * i) / m.columns - m.gap / 2, top, m.gap, h);
  for (let j = 0, n = m.z.length / m.columns; j <= n; j++) ctx.fillRect(left, top + (h * j) / n - m.gap / 2, w, m.gap);
}

// A dot in each cell of that value, which is told apart without its colour.
function dots(ctx, { z, columns, dotted }, [left, top, w, h], env) {
  ctx.fillStyle = "black";
  for (let k = 0; k < z.length; k++)
    if (z[k] === dotted) ctx.fillRect(left + ((k % columns) + 0.3) * w, top + (Math.floor(k / columns) + 0.3) * h, 0.4 * w, 0.4 * h);
}

function contour(ctx, m, at, env) {
  const n = Math.sqrt(m.z.length);
  const px = (i) => at.x.at(m.x[0] + ((m.x[1] - m.x[0]) * i) / (n - 1));
  const py = (j) => at.y.at(m.y[0] + ((m.y[1] - m.y[0]) * j) / (n - 1));
  stroke(ctx, m, env);
  ctx.beginPath();
  const lines = contourLines(m.z, m.level);
  for (let k = 0; k < lines.length; k += 4) {
    ctx.moveTo(px(lines[k]), py(lines[k + 1]));
    ctx.lineTo(px(lines[k + 2]), py(lines[k + 3]));
  }
  ctx.stroke();
}

function line(ctx, m, at, env) {
  const trace = () => {
    ctx.beginPath();
    let pen = false;
    for (let i = 0; i < m.x.length; i++) {
      const x = at.x.at(m.x[i]), y = at.y.at(m.y[i]);
      if (!Number.isFinite(x + y)) { pen = false; continue; }
      pen ? ctx.lineTo(x, y) : ctx.moveTo(x, y);
      pen = true;
    }
    ctx.stroke();
  };
  if (m.halo) { stroke(ctx, { ...m, color: m.halo, width: (m.width || 2) + 3, dash: null }, env); trace(); }
  stroke(ctx, m, env);
  trace();
}

function band(ctx, m, at, env) {
  ctx.globalAlpha = m.alpha || 0.25;
  ctx.fillStyle = env.colour(m.color);
  ctx.beginPath();
  for (let i = 0; i < m.x.length; i++) ctx.lineTo(at.x.at(m.x[i]), at.y.at(m.low[i]));
  for (let i = m.x.length - 1; i >= 0; i--) ctx.lineTo(at.x.at(m.x[i]), at.y.at(m.high[i]));
  ctx.fill();
  ctx.globalAlpha = 1;
}

function points(ctx, m, at, env) {
  const r = ((m.size || 9) / 2) * (env.pen ?? 1);
  for (let i = 0; i < m.x.length; i++) {
    const x = at.x.at(m.x[i]), y = at.y.at(m.y[i]);
    if (!Number.isFinite(x + y)) continue;
    symbol(ctx, m.marker, x, y, r);
    if (m.marker === "cross") {
      stroke(ctx, { color: m.edge || "paper", width: 6 }, env);
      ctx.stroke();
      stroke(ctx, { color: m.color, width: 3 }, env);
      ctx.stroke();
    } else {
      ctx.fillStyle = env.colour(m.color);
      ctx.fill();
      stroke(ctx, { color: m.edge || "paper", width: 1.5 }, env);
      ctx.stroke();
    }
  }
}

function symbol(ctx, marker, x, y, r) {
  ctx.beginPath();
  if (marker === "cross") { ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r); ctx.moveTo(x - r, y + r); ctx.lineTo(x + r, y - r); }
  else if (marker === "square") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else if (marker === "triangle") { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y + r); ctx.lineTo(x - r, y + r); ctx.closePath(); }
  else if (marker === "diamond") { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath(); }
  else ctx.arc(x, y, r, 0, 2 * Math.PI);
}

// One bar a value, side by side from x on, up or down from the line y.
function bars(ctx, m, at, env) {
  const w = at.x.at(m.step * 0.8) - at.x.at(0), foot = at.y.at(m.y);
  ctx.fillStyle = env.colour(m.color);
  m.values.forEach((v, i) => ctx.fillRect(at.x.at(m.x + i * m.step), foot, w, at.y.at(m.y + v) - foot));
  ctx.fillRect(at.x.at(m.x) - 3, foot - 0.75, at.x.at(m.step * m.values.length) - at.x.at(0), 1.5);
}

function box(ctx, m, at, env) {
  const left = at.x.at(m.x), right = at.x.at(m.x + m.w), bottom = at.y.at(m.y), top = at.y.at(m.y + m.h);
  ctx.beginPath();
  ctx.rect(Math.min(left, right), Math.min(top, bottom), Math.abs(right - left), Math.abs(bottom - top));
  if (m.fill) { ctx.fillStyle = env.colour(m.fill); ctx.globalAlpha = m.alpha ?? 1; ctx.fill(); ctx.globalAlpha = 1; }
  if (m.color) { stroke(ctx, m, env); ctx.stroke(); }
  if (!m.text) return;
  ctx.font = `${m.bold ? "600 " : ""}${env.font}px ${env.family}`;
  const size = Math.min(m.size ?? 1, (Math.abs(right - left) - 6) / ctx.measureText(fill(m.text, env.frame)).width);
  text(ctx, { ...m, size, x: m.x + m.w / 2, y: m.y + m.h / 2, color: m.ink || "ink" }, at, env);
}

function arrow(ctx, m, at, env) {
  const [x0, y0, x1, y1] = [at.x.at(m.start[0]), at.y.at(m.start[1]), at.x.at(m.end[0]), at.y.at(m.end[1])];
  stroke(ctx, m, env);
  ctx.beginPath();
  const angle = Math.atan2(y1 - y0, x1 - x0), back = headLength(env, m) * 0.7;
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1 - back * Math.cos(angle), y1 - back * Math.sin(angle));
  ctx.stroke();
  head(ctx, x1, y1, angle, env, m);
}

// A curve from one point to another that rises `lift` above the higher of them.
function arc(ctx, m, at, env) {
  const [x0, y0, x1, y1] = [at.x.at(m.start[0]), at.y.at(m.start[1]), at.x.at(m.end[0]), at.y.at(m.end[1])];
  const peak = at.y.at(Math.max(m.start[1], m.end[1]) + (4 / 3) * m.lift);
  stroke(ctx, m, env);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.bezierCurveTo(x0, peak, x1, peak, x1, m.head === false ? y1 : y1 - headLength(env, m) * 0.7);
  ctx.stroke();
  if (m.head !== false) head(ctx, x1, y1, Math.PI / 2, env, m);
}

// Many arcs on one line: from `start` to `end`, each `lift` high and `widths` px wide; a width of 0 is not drawn, nor what is not `shown`.
function arcs(ctx, m, at, env) {
  for (let i = 0; i < m.start.length; i++)
    if (m.widths[i] > 0 && (m.shown?.[i] ?? 1)) arc(ctx, { ...m, start: [m.start[i], m.y], end: [m.end[i], m.y], lift: m.lift[i], width: m.widths[i] }, at, env);
}

const headLength = (env, m) => env.font * 0.5 + (m.width || 2) * 1.7;

function head(ctx, x, y, angle, env, m) {
  const r = headLength(env, m);
  ctx.setLineDash([]);
  ctx.fillStyle = env.colour(m.color);
  ctx.beginPath();
  ctx.moveTo(x, y);
  for (const turn of [-0.45, 0.45]) ctx.lineTo(x - r * Math.cos(angle + turn), y - r * Math.sin(angle + turn));
  ctx.fill();
}

function text(ctx, m, at, env) {
  ctx.font = `${m.bold ? "600 " : ""}${env.font * (m.size || 1)}px ${env.family}`;
  ctx.fillStyle = env.colour(m.color || "ink");
  ctx.textAlign = m.align || "center";
  ctx.textBaseline = "middle";
  ctx.fillText(fill(m.text, env.frame), at.x.at(m.x), at.y.at(m.y));
}

export function stroke(ctx, m, env) {
  ctx.strokeStyle = env.colour(m.color);
  ctx.lineWidth = (m.width ?? 2) * (env.pen ?? 1);
  ctx.lineJoin = "round";
  ctx.lineCap = m.head === undefined && (m.kind === "arrow" || m.kind === "arc") ? "butt" : "round";
  const w = ctx.lineWidth; // round ends reach half a width into each gap
  const [dash, dot, gap] = [3 + 2 * w, 1 + w / 2, 2 + 2 * w];
  ctx.setLineDash({ dash: [dash, gap], dot: [dot, gap - 1], dashdot: [1.5 * dash, gap, dot, gap], long: [2.5 * dash, gap], longdot: [2.5 * dash, gap, dot, gap] }[m.dash] || []);
}
