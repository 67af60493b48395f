// Besides its dials an explorer can be clicked, played and copied; all of it by keyboard too.
import { actButton } from "./button.js";
import { toggle } from "./controls.js";
import { code, pairsOf, stand } from "./dials.js";
import { button, element } from "./element.js";
import { LASTS, calm } from "../scene/motion.js";
import { readings } from "./readings.js";
import { saveButtons } from "./save.js";

const WHOLE = 8000, PRESSES = 40; // ms that a long play lasts, and presses that it takes where each is a step
const PARTS = Array.from({ length: 41 }, (_, i) => i / 40); // of the way along an arc
const NEAR = 18; // px from a node, within which a click means it

// The row of buttons under the picture, and the list of things to try.
export function tools(view) {
  const spec = view.model.get("_spec"), said = element("output", "skiplab-said");
  const copy = button("Copy this setting", () => {
    said.textContent = code(spec, view.values);
    navigator.clipboard?.writeText(said.textContent).catch(() => {});
  });
  view.heeds.push(() => { said.textContent = ""; });
  const played = view.dial(spec.play), [press, doing] = actButton(view); // what grows comes last, so that nothing moves under the mouse
  const [table, numbers] = readings(view);
  const play = played && playButton(view, played), { drawer, button: stage } = view.stage;
  for (const each of [press, doing]) each?.classList.add("skiplab-drawn"); // on the stage these are with the dials
  for (const each of [play, drawer, stage]) each?.classList.add("skiplab-staying");
  const row = [...doors(view, spec.doors), press, play, copy, ...saveButtons(view), table, drawer, stage, doing, said].filter(Boolean);
  return [...tips(view, spec.tips), element("div", "skiplab-tools", {}, row), numbers];
}

// For each such dial a link to the notebook of what is chosen; in JupyterLab it opens beside this one, elsewhere in a new page.
function doors(view, spec) {
  return Object.entries(spec).map(([name, notebooks]) => {
    const link = element("a", "skiplab-button", { target: "_blank" });
    view.heeds.push(() => { [link.textContent, link.href] = notebooks[view.dial(name).value]; });
    link.onclick = () => {
      const here = /\/tree\/(.*\/)?/.exec(decodeURI(location.pathname)), path = `${here?.[1] ?? ""}${link.getAttribute("href")}`;
      if (here) Object.assign(link.dataset, { commandlinkerCommand: "docmanager:open", commandlinkerArgs: JSON.stringify({ path }) });
    };
    return link;
  });
}

// Chosen is the tip as long as all dials stand where it puts them: its own, and the others at their starts.
function tips(view, list) {
  const starts = Object.fromEntries(view.dials.map((d) => [d.spec.name, d.spec.start]));
  view.tips = list.map(([text, values], i) => {
    const tip = button("", () => {
      for (const d of view.dials) d.set(values[d.spec.name] ?? d.spec.start, false);
      view.model.save_changes();
    });
    tip.append(element("span", "skiplab-digit", { textContent: i + 1 }), element("span", "skiplab-tip", { textContent: text }));
    return tip;
  });
  view.heeds.push(() => {
    const now = view.values;
    view.tips.forEach((tip, i) => tip.setAttribute("aria-pressed", stand({ ...starts, ...list[i][1] }, now)));
  });
  const row = element("div", "skiplab-tips", {}, [element("span", "skiplab-try", { textContent: "Try this" }), ...view.tips]);
  row.style.setProperty("--tips", list.length);
  return list.length ? [row] : [];
}

// Moves one dial step by step to its end, until something else moves it; where no motion is wished for, each press is a step.
function playButton(view, dial) {
  const { model } = view, { name, options, least = 0, most = options.length - 1, step = 1 } = dial.spec, count = (most - least) / step;
  const pace = Math.min(LASTS, WHOLE / count), stride = step * Math.ceil(1000 / 60 / pace), leap = step * Math.ceil(count / PRESSES);
  const place = () => (options ? options.indexOf(dial.value) : dial.value), next = (by) => (place() >= most ? least : place() + by);
  const play = calm() ? button("▶ Step", () => go(next(leap))) : button("▶ Play", () => (view.playing ? halt() : start()));
  let at, going = false;
  const go = (value) => {
    [going, view.gait] = [true, pace < 100 ? 0 : pace];
    dial.set(options ? options[Math.min(value, most)] : value);
    [going, view.gait] = [false, 0];
    at = place();
  };
  const halt = () => {
    clearInterval(view.playing);
    view.playing = undefined;
    play.textContent = "▶ Play";
    queueMicrotask(() => { // what moved it may be the kernel; else what is on the way there would come after it
      for (const value of [options ? options[at] : at, dial.value]) model.set(name, value, { silent: true });
      model.save_changes();
    });
  };
  const start = () => {
    go(next(0));
    play.textContent = "❚❚ Pause";
    view.playing = setInterval(() => {
      go(at + stride);
      if (at >= most) halt();
    }, (pace * stride) / step);
  };
  dial.on(() => view.playing && !going && halt());
  return play;
}

// Clicks, drags and arrow keys on a panel, or on any of several alike, move two dials.
export function followPad(view, pad) {
  const [x, y] = [view.dial(pad.x), view.dial(pad.y)], { canvas } = view;
  let held; // the panel on which a drag began
  const over = (event) => {
    const [px, py] = inside(event, canvas), within = (at) => at && px >= at.left && px <= at.right && py >= at.top && py <= at.bottom;
    return pad.panels.find((panel) => within(view.places[panel]));
  };
  const follow = (event) => {
    held ??= over(event);
    const at = view.places[held], [px, py] = inside(event, canvas);
    if (!at) return;
    x.set(at.x.back(px), false);
    y.set(at.y.back(py));
  };
  canvas.addEventListener("touchstart", (e) => over(e.touches[0]) !== undefined && e.preventDefault(), { passive: false }); // elsewhere touch scrolls
  canvas.addEventListener("pointerdown", (e) => { follow(e); if (held !== undefined) canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => held !== undefined && follow(e));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = undefined; });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [x, -1], ArrowRight: [x, 1], ArrowUp: [y, 1], ArrowDown: [y, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    move[0].set(move[0].value + move[1] * move[0].spec.step * (event.shiftKey ? 10 : 1));
  });
}

// Dials with places in the picture are moved there too.
export function followClicks(view) {
  const placed = (...kinds) => view.dials.filter(({ spec }) => kinds.includes(spec.kind) && spec.at.length), spots = placed("choice", "slider");
  for (const dial of placed("pairs")) followNodes(view, dial);
  if (spots.length) followSpots(view, spots);
}

// Where the places of a dial stand on the canvas, in px.
function placesOf({ places, frame }, [panel, ...arrays]) {
  const [xs, ys] = arrays.map((name) => Array.from(frame[name] ?? [])), at = places[panel];
  return at ? xs.map((x, i) => [at.x.at(x), at.y.at(ys[i])]) : [];
}

// A click on a place of a slider chooses its number; of a choice the next option, or where each has places the one that is there.
function followSpots(view, dials) {
  const { canvas } = view;
  const under = (event) => {
    const [px, py] = inside(event, canvas), far = ({ spec }) => placesOf(view, spec.at).map(([x, y]) => Math.hypot(x - px, y - py));
    const found = dials.filter((dial) => !dial.disabled).map((dial) => [dial, far(dial)]).find(([, each]) => Math.min(...each) < NEAR);
    return found && [found[0], found[1].indexOf(Math.min(...found[1]))];
  };
  canvas.addEventListener("click", (event) => {
    const [dial, place] = under(event) ?? [], { options, each, least, step } = dial?.spec ?? {};
    dial?.set(options ? options[(each ? place : options.indexOf(dial.value) + 1) % options.length] : least + step * place);
  });
  canvas.addEventListener("pointermove", (event) => { canvas.style.cursor = under(event) ? "pointer" : ""; });
}

// A click on one node and then on another puts their pair into the dial, or takes it away; the first one has a ring until then. A click
// on the arc of a pair does the same.
function followNodes(view, dial) {
  const { canvas } = view, spots = () => placesOf(view, dial.spec.at), arcs = dial.spec.at.length > 3;
  let first;
  canvas.addEventListener("click", (event) => {
    const [px, py] = inside(event, canvas);
    const node = spots().findIndex(([x, y]) => Math.hypot(x - px, y - py) < NEAR), pair = arcs && node < 0 && arcNear(view, dial, px, py);
    const other = first;
    first = node < 0 || other !== undefined ? undefined : node;
    if (pair) toggle(dial, ...pair);
    else if (node >= 0 && other !== undefined && node !== other) toggle(dial, node, other);
    view.ask();
  });
  if (arcs) canvas.addEventListener("pointermove", (event) => {
    canvas.style.cursor = arcNear(view, dial, ...inside(event, canvas)) ? "pointer" : "";
  });
  view.marks.push((ctx, env) => {
    if (first === undefined) return;
    Object.assign(ctx, { strokeStyle: env.colour("path"), lineWidth: 3 });
    ctx.beginPath();
    ctx.arc(...spots()[first], NEAR - 4, 0, 2 * Math.PI);
    ctx.stroke();
  });
}

// The pair whose arc passes nearest by a place on the canvas, if one is near.
function arcNear({ places, frame }, { spec: { at: [panel, xs, ys, lifts], nodes } }, px, py) {
  const { x, y } = places[panel] ?? {}, pairs = pairsOf(nodes);
  const far = pairs.map(([i, j], k) => {
    if (!x || !(frame[lifts][k] > 0)) return Infinity;
    const [x0, x1] = [i, j].map((node) => x.at(frame[xs][node])), [y0, peak] = [0, frame[lifts][k]].map((v) => y.at(frame[ys][i] + v));
    return Math.min(...PARTS.map((t) => Math.hypot(x0 + (x1 - x0) * t * t * (3 - 2 * t) - px, y0 + (peak - y0) * 4 * t * (1 - t) - py)));
  });
  const nearest = far.indexOf(Math.min(...far));
  return far[nearest] < NEAR && pairs[nearest];
}

function inside(event, canvas) {
  const edge = canvas.getBoundingClientRect();
  return [event.clientX - edge.left, event.clientY - edge.top];
}
