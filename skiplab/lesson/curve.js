// You draw it: a curve is drawn with the pointer, or place by place with the keys, and what was measured is drawn over it.
import { drawAxes, drawGrid, place } from "../scene/axes.js";
import { element } from "../explore/element.js";
import { MARKS, resolve } from "../scene/marks.js";

const [ACROSS, TALL, STEPS] = [560, 300, 50]; // px, and how many steps of a key there are from the lowest to the highest
const NONE = { low: [], middle: [], high: [] };

// Its element, `show`, which draws it as it stands, and `over`, which ends it. Each place is a slider for keys and screen readers.
export function curveControl(dial, model) {
  const { places, least, most } = dial.spec, canvas = element("canvas", "skiplab-picture", { ariaHidden: "true" });
  const keys = places.map((at, i) => element("input", "skiplab-unseen", { type: "range", min: least, max: most, step: (most - least) / STEPS,
    "aria-label": `${dial.spec.panel.x.label} ${at}`, oninput: (event) => put(i, i, Number(event.target.value), Number(event.target.value)),
    onfocus: () => show(), onblur: () => show() }));
  const el = element("div", "skiplab-curve", { role: "group", ariaLabel: "Draw your prediction" }, [canvas, ...keys]);
  const drawn = () => dial.value ?? places.map(() => (least + most) / 2);
  let at, last;

  const put = (i, j, from, to) => { // what lies between two places that the pointer met is drawn too
    const now = [...drawn()], step = Math.sign(j - i) || 1;
    for (let k = i; k !== j + step; k += step) now[k] = Math.min(most, Math.max(least, j === i ? to : from + ((to - from) * (k - i)) / (j - i)));
    dial.set(now, false);
  };
  const draw = (event) => {
    const edge = canvas.getBoundingClientRect(), x = at.x.back(((event.clientX - edge.left) * ACROSS) / edge.width);
    const near = places.reduce((best, p, i) => (Math.abs(p - x) < Math.abs(places[best] - x) ? i : best), 0);
    const y = at.y.back(((event.clientY - edge.top) * TALL) / edge.height);
    put(last?.[0] ?? near, near, last?.[1] ?? y, y);
    last = [near, y];
  };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); draw(event); };
  canvas.onpointermove = (event) => last && draw(event);
  canvas.onpointerup = canvas.onpointercancel = () => { last = undefined; model.save_changes(); };
  for (const key of keys) key.onchange = () => model.save_changes();

  const show = () => {
    const found = model.get("answer") ? model.get("_found") : null, values = drawn(), here = keys.indexOf(document.activeElement);
    const frame = { x: places, drawn: values, mine: dial.value !== null, blank: dial.value === null, found: !!found, ...(found || NONE), ...ghosts(places, model.get("ghosts")) };
    keys.forEach((key, i) => { key.value = values[i]; key.setAttribute("aria-valuetext", String(Number(values[i].toPrecision(3)))); });
    at = paint(canvas, dial.spec, frame);
    if (here >= 0) ring(canvas, at.x.at(places[here]), at.y.at(values[here]));
  };
  const theme = new MutationObserver(() => show());
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return { el, show, over: () => theme.disconnect() };
}

// All earlier answers as one line with gaps.
function ghosts(places, answers) {
  return { old_x: answers.flatMap(() => [...places, NaN]), old_y: answers.flatMap((answer) => [...answer, NaN]) };
}

function paint(canvas, { panel, palette }, frame) {
  const ctx = canvas.getContext("2d"), ratio = window.devicePixelRatio || 1, style = getComputedStyle(document.body);
  const colours = palette[document.body.dataset.jpThemeLight === "false" ? "dark" : "light"];
  const env = { font: 13, pen: 1, width: ACROSS, height: TALL, family: style.getPropertyValue("--jp-ui-font-family") || "sans-serif", palette, frame,
    colour: (name) => (name === "paper" && style.getPropertyValue("--jp-layout-color0").trim()) || colours[name] || name };
  Object.assign(canvas, { width: ACROSS * ratio, height: TALL * ratio });
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  const at = place(panel, frame, env), marks = panel.marks.map((mark) => resolve(mark, frame));
  drawGrid(ctx, at, env);
  for (const mark of marks.filter((m) => m.when === undefined || m.when)) {
    MARKS[mark.kind](ctx, mark, at, env);
    ctx.setLineDash([]);
  }
  drawAxes(ctx, panel, at, frame, env);
  return at;
}

// Where the keys are.
function ring(canvas, x, y) {
  const ctx = canvas.getContext("2d");
  Object.assign(ctx, { strokeStyle: getComputedStyle(document.body).getPropertyValue("--jp-ui-font-color1").trim() || "black", lineWidth: 3 });
  ctx.beginPath();
  ctx.arc(x, y, 12, 0, 2 * Math.PI);
  ctx.stroke();
}
