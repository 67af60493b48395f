// Besides its dials an explorer can be clicked, played, copied and made larger; all of it by keyboard too.
import { actButton } from "./button.js";
import { put, setting } from "./dials.js";

export const PROJECT = "skiplab-projector";

export function element(tag, className, props = {}, children = []) {
  const el = Object.assign(document.createElement(tag), props, { className });
  if (props.role) el.setAttribute("role", props.role);
  el.append(...children);
  return el;
}

// The row of buttons under the picture, and the list of things to try.
export function tools(view) {
  const name = view.model.get("name"), said = element("output", "skiplab-said");
  const copy = button("Copy this setting", () => {
    const line = setting(name, view.dials, view.values);
    said.textContent = line;
    navigator.clipboard?.writeText(line).catch(() => {});
  });
  view.heeds.push(() => (said.textContent = ""));
  const larger = button("Projector", () => {
    document.body.classList.toggle(PROJECT);
    window.dispatchEvent(new Event(PROJECT));
  });
  larger.title = "Makes the explorers larger, and nothing else on the page; press it again for their usual size";
  const played = view.dials.find((d) => d.name === view.model.get("play"));
  const row = [...actButton(view, button), ...(played ? [playButton(view, played)] : []), copy, larger, said];
  return [element("div", "skiplab-tools", {}, row), ...tips(view)];
}

function button(text, onclick) {
  return element("button", "skiplab-button", { type: "button", textContent: text, onclick });
}

function tips(view) {
  const list = view.model.get("tips").map(([text, values]) =>
    button(text, () => view.dials.forEach((d) => put(d, values[d.name] ?? d.start)))); // the other dials go back to their starts
  return list.length ? [element("div", "skiplab-tips", {}, [element("span", "skiplab-try", { textContent: "Try this" }), ...list])] : [];
}

// Runs one dial from its least to its most value in about four seconds, until something else moves it.
function playButton(view, dial) {
  const play = button("▶ Play", () => (view.playing ? halt() : start()));
  const halt = () => {
    clearInterval(view.playing);
    view.playing = undefined;
    play.textContent = "▶ Play";
    const now = dial.model.get("value");
    for (const value of [NaN, now]) dial.model.set("value", value, { silent: true }); // else what it put last would be sent instead
    dial.model.save_changes();
  };
  const start = () => {
    let at = dial.model.get("value") >= dial.most ? dial.least : dial.model.get("value");
    const go = (value) => {
      put(dial, value, false);
      at = dial.model.get("value");
    };
    go(at);
    const stride = Math.max(dial.step, Math.round((dial.most - dial.least) / 240 / dial.step) * dial.step);
    play.textContent = "❚❚ Pause";
    view.playing = setInterval(() => {
      if (dial.model.get("value") !== at) return halt();
      go(at + stride);
      if (at >= dial.most) halt();
    }, Math.max(1000 / 60, (4000 * stride) / (dial.most - dial.least)));
  };
  return play;
}

// Clicks, drags and arrow keys on a panel move two dials.
export function followPad(view, pad) {
  const [x, y] = [pad.x, pad.y].map((name) => view.dials.find((d) => d.name === name)), canvas = view.canvas;
  let held = false;
  const follow = (event, keep) => {
    const at = view.places[pad.panel], edge = canvas.getBoundingClientRect();
    const px = event.clientX - edge.left, py = event.clientY - edge.top;
    if (!at || (!held && (px < at.left || px > at.right || py < at.top || py > at.bottom))) return;
    held = true;
    put(x, at.x.back(px), keep);
    put(y, at.y.back(py), keep);
  };
  canvas.addEventListener("pointerdown", (e) => { follow(e, false); if (held) canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => held && follow(e, false));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (e) => { if (held) follow(e, true); held = false; });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [x, -1], ArrowRight: [x, 1], ArrowUp: [y, 1], ArrowDown: [y, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    put(move[0], move[0].model.get("value") + move[1] * move[0].step * (event.shiftKey ? 10 : 1));
  });
}
