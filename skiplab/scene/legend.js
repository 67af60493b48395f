// A legend names the lines and points of a panel in a corner of it, such as "bottom left".
import { MARKS } from "./marks.js";
import { fill } from "./template.js";

const CORNERS = ["top right", "top left", "bottom right", "bottom left"];
const PACE = 5; // px between two places of a line at which it is looked for

export function drawLegend(ctx, marks, panel, at, env) {
  const rows = marks.filter((m) => m.label);
  if (!rows.length || !panel.legend) return;
  ctx.font = `${env.font * 0.95}px ${env.family}`;
  const names = rows.map((m) => fill(m.label, env.frame)), wide = Math.max(...names.map((s) => ctx.measureText(s).width)) + 3.4 * env.font;
  const fit = Math.min(1, (at.right - at.left - 12) / wide), em = env.font * fit;
  const size = { w: wide * fit, h: (rows.length * 1.5 + 0.5) * em };
  const { left, top } = freest(panel.legend, size, marks, at);
  ctx.globalAlpha = 0.86;
  ctx.fillStyle = env.colour("paper");
  ctx.fillRect(left, top, size.w, size.h);
  ctx.globalAlpha = 1;
  rows.forEach((m, i) => drawKey(ctx, m, names[i], left, top + (i * 1.5 + 1) * em, { ...env, font: em }));
}

// The corner that is wanted, or the one in which least is covered, if that is less than half as much.
function freest(wanted, size, marks, at) {
  const drawn = seen(marks, at);
  const spot = (name) => {
    const left = name.includes("right") ? at.right - size.w - 6 : at.left + 6, top = name.includes("top") ? at.top + 6 : at.bottom - size.h - 6;
    const inside = ([x, y]) => x > left - 4 && x < left + size.w + 4 && y > top - 4 && y < top + size.h + 4;
    return { left, top, covers: drawn.filter(inside).reduce((sum, [, , weight]) => sum + weight, 0) };
  };
  const first = spot(wanted), best = CORNERS.map(spot).reduce((a, b) => (b.covers < a.covers ? b : a));
  return best.covers < first.covers / 2 ? best : first;
}

// Where markers stand and lines pass, in px, each place with its weight: a large marker is what a picture speaks of.
function seen(marks, at) {
  const out = [];
  for (const m of marks)
    for (const ys of { points: [m.y], line: [m.y], band: [m.low, m.high] }[m.kind] || []) {
      const places = Array.from(ys, (y, i) => [at.x.at(m.x[i]), at.y.at(y)]);
      if (m.kind === "points") out.push(...places.map((place) => [...place, (m.size || 9) ** 3]));
      else places.slice(1).forEach((to, i) => out.push(...along(places[i], to, m.width || 2)));
    }
  return out;
}

function along([x0, y0], [x1, y1], weight) {
  const n = Math.min(400, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / PACE)) || 0;
  return Array.from({ length: n }, (_, k) => [x0 + ((x1 - x0) * (k + 1)) / n, y0 + ((y1 - y0) * (k + 1)) / n, weight]);
}

// One line of a legend: a piece of the mark, and its name.
function drawKey(ctx, m, name, left, y, env) {
  const em = env.font, key = { x: { at: (v) => left + (0.5 + 2 * v) * em }, y: { at: () => y } };
  if (m.kind === "points") MARKS.points(ctx, { ...m, x: [0.5], y: [0] }, key, env);
  else MARKS.line(ctx, { ...m, x: [0, 1], y: [0, 0] }, key, env);
  ctx.setLineDash([]);
  ctx.fillStyle = env.colour("ink");
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.font = `${em * 0.95}px ${env.family}`;
  ctx.fillText(name, left + 3 * em, y);
}
