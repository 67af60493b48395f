// One canvas draws every explorer: it gets numbers and a scene, and knows nothing of networks.
import { arrange, drawAxes, drawGrid, place } from "../scene/axes.js";
import { control } from "./controls.js";
import { dialsOf, grey, read, stand } from "./dials.js";
import { element } from "./element.js";
import { oneStop } from "./one_stop.js";
import { teller } from "./spoken.js";
import { ABSENT, followKernel, kernelOf } from "./kernel.js";
import { drawLegend } from "../scene/legend.js";
import { MARKS, resolve } from "../scene/marks.js";
import { PROJECT, followNodes, followPad, tools } from "./tools.js";
import { source } from "./sources.js";
import { fill } from "../scene/template.js";

const REDRAW = ["_error", "_busy"], WINDOW = [PROJECT, "resize"];
const ROWS = [[".skiplab-tips", "Try this"], [".skiplab-tools", "Tools"], [".skiplab-pairs", "Pairs"]];
const LOW = 480, PEEK = 0.55; // px of a window in which dials and picture have no room together, as after zooming in; the picture's share
const TALLER = 1.3, SAID = 90; // a picture in a lecture hall, where there is room for it, its dials and two lines of sentence, px

function paint(ctx, scene, frame, env) {
  return scene.panels.map((panel, i) => {
    const at = place({ ...panel, box: env.boxes[i] }, frame, env);
    ctx.save();
    if (panel.grid) drawGrid(ctx, at, env);
    ctx.save();
    ctx.beginPath();
    ctx.rect(at.left, at.top, at.right - at.left, at.bottom - at.top);
    if (panel.axes !== false) ctx.clip();
    const marks = panel.marks.map((m) => resolve(m, frame)).filter((m) => m.when === undefined || m.when);
    for (const mark of marks) {
      MARKS[mark.kind](ctx, mark, at, env);
      ctx.setLineDash([]);
    }
    ctx.restore();
    drawLegend(ctx, marks, panel, at, env);
    drawAxes(ctx, panel, at, frame, env);
    ctx.restore();
    return at;
  });
}

// JupyterLab keeps what a ResizeObserver calls for as long as the page is open: that must not be a picture which has long gone.
function weakly(view) {
  const held = new WeakRef(view);
  return () => held.deref()?.ask();
}

class View {
  constructor(model, el) {
    this.again = weakly(this);
    const dials = dialsOf(model), spec = model.get("_spec");
    Object.assign(this, { model, el, dials, spec, frameOf: source(model, this.again), places: [], marks: [], frame: {}, heeds: [] }); // heeds: told of each move
    this.controls = dials.map(control);
    this.top = element("div", "skiplab-dials", {}, this.controls.map((each) => each.el));
    this.canvas = element("canvas", "skiplab-picture", { tabIndex: spec.pad.x ? 0 : -1, role: spec.pad.x ? "application" : "img" });
    this.busy = element("p", "skiplab-busy", { role: "status" });
    this.error = element("p", "skiplab-error", { role: "alert", hidden: true });
    this.stage = element("div", "skiplab-stage", {}, [this.canvas, this.busy, this.error]);
    this.sentence = element("p", "skiplab-sentence");
    this.live = element("p", "skiplab-live", { role: "status" });
    const kept = element("style", "", { textContent: spec.kept }); // what a saved notebook shows is hidden while this is here
    el.append(kept, this.top, this.stage, this.sentence, this.live, ...tools(this));
    el.classList.add("skiplab-explorer");
    el.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = "true"; }); // JupyterLab's: x would cut the cell
    el.onkeydown = (event) => event.stopPropagation();
    this.tell = teller(this);
    for (const [row, label] of ROWS) for (const found of el.querySelectorAll(row)) oneStop(found, label);
    if (spec.pad.x) followPad(this, spec.pad);
    for (const dial of dials) if (dial.spec.at?.length) followNodes(this, dial);
    this.listen();
    this.follow();
  }

  dial(name) {
    return this.dials.find((d) => d.spec.name === name);
  }

  get values() {
    return read(this.dials);
  }

  // What went wrong with just these values of the dials.
  problem(values) {
    const { text, values: at } = this.model.get("_error");
    return text && stand(at, values) ? text : "";
  }

  // What the notebook has left on the screen beside the dials and the sentence, in px.
  get room() {
    const whole = this.el.closest(".jp-WindowedPanel-outer")?.clientHeight ?? window.innerHeight;
    return whole - this.top.offsetHeight - SAID;
  }

  // After a move: what does not matter is greyed, and all controls show where their dials stand.
  follow() {
    grey(this.dials, this.values);
    for (const each of this.controls) each.show();
    for (const heed of this.heeds) heed();
    this.ask();
  }

  listen() {
    this.moved = () => {
      if (this.settling) return;
      this.settling = true;
      for (const dial of this.dials) dial.settle();
      this.settling = false;
      this.frameOf.moved();
      this.follow();
    };
    for (const dial of this.dials) dial.on(this.moved);
    this.unfollow = followKernel(this.model, () => this.follow());
    for (const name of REDRAW) this.model.on(`change:${name}`, this.again);
    this.resize = new ResizeObserver(this.again);
    this.resize.observe(this.stage);
    this.theme = new MutationObserver(this.again);
    this.theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    for (const name of WINDOW) window.addEventListener(name, this.again);
  }

  stop() {
    cancelAnimationFrame(this.asked);
    clearTimeout(this.quiet);
    clearTimeout(this.forget);
    clearTimeout(this.later);
    clearInterval(this.playing);
    for (const dial of this.dials) dial.off(this.moved);
    this.unfollow();
    for (const name of REDRAW) this.model.off(`change:${name}`, this.again);
    this.resize.disconnect();
    this.theme.disconnect();
    for (const name of WINDOW) window.removeEventListener(name, this.again);
    this.el.replaceChildren(); // which anywidget keeps
  }

  // However often it is asked, one picture a display frame, of the newest numbers.
  ask() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = undefined;
      this.draw();
    });
  }

  draw() {
    clearTimeout(this.later);
    if (!this.stage.clientWidth) return void (this.later = setTimeout(this.again, 200)); // hidden, as all is while JupyterLab changes its theme
    try {
      const values = this.values, error = this.problem(values), stale = this.frameOf.stale(values);
      const waits = this.model.get("_busy") || (stale && !error ? "Computing …" : "");
      this.busy.textContent = waits && (ABSENT[kernelOf(this.model)] || waits);
      this.el.classList.toggle("skiplab-stale", !!stale);
      this.frame = this.frameOf(values);
      if (!Object.keys(this.frame).length) return this.say("", error);
      this.say(fill(this.spec.sentence, this.frame), error);
      this.render(this.frame);
    } catch (problem) {
      this.el.classList.add("skiplab-stale"); // the picture is still that of the setting before
      this.say("", problem.message);
    }
  }

  render(frame) {
    const env = this.environment(frame), ctx = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(env.width * ratio), Math.round(env.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.canvas.style.height = `${env.height}px`;
    this.stick(env.height);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = env.colour("paper");
    ctx.fillRect(0, 0, env.width, env.height);
    this.places = paint(ctx, this.spec.scene, frame, env);
    for (const mark of this.marks) mark(ctx, env);
  }

  // In a low window the top of the picture stays in sight under the dials.
  stick(height) {
    const whole = this.el.closest(".jp-WindowedPanel-outer")?.clientHeight ?? window.innerHeight, seen = Math.min(height, PEEK * whole);
    this.stage.style.bottom = whole < LOW ? `${seen - height}px` : "auto";
    this.el.style.setProperty("--skiplab-peek", whole < LOW ? `${seen}px` : "0px");
  }

  environment(frame) {
    const big = document.body.classList.contains(PROJECT), { scene, palette } = this.spec;
    const font = big ? 18 : 13, width = this.stage.clientWidth;
    const dark = document.body.dataset.jpThemeLight === "false", style = getComputedStyle(document.body);
    const paper = style.getPropertyValue("--jp-layout-color0").trim(), own = palette[dark ? "dark" : "light"];
    const colours = paper ? { ...own, paper } : own;
    const height = big ? Math.max(scene.height, Math.min(scene.height * TALLER, this.room)) : scene.height;
    const family = style.getPropertyValue("--jp-ui-font-family") || "sans-serif";
    const places = arrange(scene, frame, { font, width, height });
    return { font, width, ...places, family, palette, frame, colour: (name) => colours[name] || name };
  }

  // The sentence follows each move.
  say(sentence, error) {
    const { style } = this.sentence, wide = this.stage.clientWidth;
    if (sentence) this.sentence.textContent = sentence;
    style.minHeight = wide === this.wide ? `${this.sentence.offsetHeight}px` : ""; // it never gives room back, so that no button moves
    this.wide = wide;
    this.error.hidden = !error;
    if (this.error.textContent !== error) this.error.textContent = error || "";
    this.tell(sentence, error);
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.stop();
  },
};
