// One canvas draws every explorer: it gets numbers and a scene, and knows nothing of networks.
import { arrange, drawAxes, drawGrid, place } from "../scene/axes.js";
import { control } from "./controls.js";
import { dialsOf, grey, read, stand } from "./dials.js";
import { element } from "./element.js";
import { oneStop } from "./one_stop.js";
import { teller } from "./spoken.js";
import { ABSENT, followKernel, kernelOf } from "./kernel.js";
import { drawLegend } from "../scene/legend.js";
import { MARKS } from "../scene/marks.js";
import { LASTS, Motion, calm, set } from "../scene/motion.js";
import { followClicks, followPad, tools } from "./tools.js";
import { source } from "./sources.js";
import { Stage } from "./stage.js";
import { fill, longest } from "../scene/template.js";

const REDRAW = ["_error", "_busy"];
const LATE = 200; // ms: an answer that comes sooner is none to wait for
const ROWS = [[".skiplab-tips", "Try this"], [".skiplab-tools", "Tools"], [".skiplab-pairs", "Pairs"]];
const LOW = 480, PEEK = 0.55; // px of a window in which dials and picture have no room together, as after zooming in; the picture's share

// Where each panel came to stand; on the stage not all are drawn.
function paint(ctx, panels, frame, env) {
  return panels.map((panel) => {
    if (!panel) return null;
    const at = place(panel, frame, env);
    ctx.save();
    if (panel.grid) drawGrid(ctx, at, env);
    ctx.save();
    ctx.beginPath();
    ctx.rect(at.left, at.top, at.right - at.left, at.bottom - at.top);
    if (panel.axes !== false) ctx.clip();
    const marks = panel.marks.filter((m) => m.when === undefined || m.when);
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
    this.over = new AbortController(); // takes what listens to `el` away, which anywidget keeps, and with it the view
    const { signal } = this.over, dials = dialsOf(model), spec = model.get("_spec");
    Object.assign(this, { model, el, dials, spec, frameOf: source(model, this.again), places: [], marks: [], frame: {}, heeds: [] }); // heeds: told of each move
    Object.assign(this, { motion: new Motion(), gait: 0, lasts: 0 }); // gait: how many ms what is moved just now is to take
    this.controls = dials.map(control);
    this.top = element("div", "skiplab-dials", {}, this.controls.map((each) => each.el));
    this.canvas = element("canvas", "skiplab-picture", { tabIndex: spec.pad.x ? 0 : -1, role: spec.pad.x ? "application" : "img" });
    this.busy = element("p", "skiplab-busy", { role: "status" });
    this.error = element("p", "skiplab-error", { role: "alert", hidden: true });
    this.holder = element("div", "skiplab-holder", {}, [this.canvas, this.busy, this.error]);
    this.sentence = element("p", "skiplab-sentence");
    this.live = element("p", "skiplab-live", { role: "status" });
    this.stage = new Stage(this);
    const kept = element("style", "", { textContent: spec.kept }); // what a saved notebook shows is hidden while this is here
    el.append(kept, this.stage.headline, this.top, this.holder, this.sentence, this.live, ...tools(this));
    el.classList.add("skiplab-explorer");
    el.addEventListener("focusin", ({ target }) => { target.dataset.lmSuppressShortcuts = "true"; }, { signal }); // JupyterLab's: x would cut the cell
    el.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    el.addEventListener("click", () => { // a button was pressed or a choice made; no dial is being dragged
      this.gait = LASTS;
      setTimeout(() => { this.gait = 0; });
    }, { capture: true, signal });
    this.tell = teller(this);
    for (const [row, label] of ROWS) for (const found of el.querySelectorAll(row)) oneStop(found, label);
    if (spec.pad.x) followPad(this, spec.pad);
    followClicks(this);
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
      this.lasts = calm() ? 0 : this.gait;
      this.frameOf.moved();
      this.follow();
    };
    for (const dial of this.dials) dial.on(this.moved);
    this.unfollow = followKernel(this.model, () => this.follow());
    for (const name of REDRAW) this.model.on(`change:${name}`, this.again);
    this.resize = new ResizeObserver(this.again);
    this.resize.observe(this.holder);
    this.theme = new MutationObserver(this.again);
    this.theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    window.addEventListener("resize", this.again);
  }

  stop() {
    for (const frame of [this.asked, this.moving]) cancelAnimationFrame(frame);
    clearTimeout(this.quiet);
    clearTimeout(this.forget);
    clearTimeout(this.later);
    clearInterval(this.playing);
    for (const dial of this.dials) dial.off(this.moved);
    this.unfollow();
    for (const name of REDRAW) this.model.off(`change:${name}`, this.again);
    this.resize.disconnect();
    this.theme.disconnect();
    window.removeEventListener("resize", this.again);
    this.stage.stop();
    this.over.abort();
    this.el.replaceChildren();
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
    if (!this.holder.clientWidth) return void (this.later = setTimeout(this.again, 200)); // hidden, as all is while JupyterLab changes its theme
    const values = this.values, stale = this.frameOf.stale(values);
    let error = this.problem(values), old = !!stale;
    const waits = this.model.get("_busy") || (stale && !error ? "Computing …" : "");
    this.busy.textContent = waits && (ABSENT[kernelOf(this.model)] || waits);
    try {
      if (!stale || !this.lasts) this.frame = this.frameOf(values); // what a tip has set is seen at once, none of it before the rest
    } catch (problem) {
      [error, old] = [problem.message, true]; // the picture is still that of the setting before
    }
    this.el.classList.toggle("skiplab-stale", old);
    this.awaited = this.awaits(old);
    try {
      const none = !Object.keys(this.frame).length;
      this.say(none || this.awaited ? "" : fill(this.spec.sentence, this.frame), error);
      if (!none) this.render(old ? undefined : this.lasts);
      if (!old) this.lasts = undefined;
    } catch (problem) {
      this.say("", problem.message);
    }
  }

  // Whether what is seen has been of another setting for so long that none of its words may stand.
  awaits(old) {
    this.since = old ? this.since ?? performance.now() : undefined;
    const left = LATE - (performance.now() - this.since);
    if (left > 0) this.later = setTimeout(this.again, left);
    return left <= 0;
  }

  // The frame as it is seen now, and so on until it is at rest.
  render(lasts) {
    cancelAnimationFrame(this.moving);
    const env = this.environment(this.frame), ctx = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(env.width * ratio), Math.round(env.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.canvas.style.height = `${env.height}px`;
    this.stick(env.height);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = env.colour("paper");
    ctx.fillRect(0, 0, env.width, env.height);
    this.places = paint(ctx, this.motion.to(set(env.panels, this.frame, this.awaited), lasts), this.frame, env);
    for (const mark of this.marks) mark(ctx, env);
    if (this.motion.moving) this.moving = requestAnimationFrame(() => this.render());
  }

  // The frame at rest, drawn with any pen.
  paint(pen, env) {
    paint(pen, set(env.panels, this.frame), this.frame, env);
  }

  // In a low window the top of the picture stays in sight under the dials.
  stick(height) {
    const whole = this.el.closest(".jp-WindowedPanel-outer")?.clientHeight ?? window.innerHeight, seen = Math.min(height, PEEK * whole);
    const low = whole < LOW && !this.stage.on;
    this.holder.style.bottom = low ? `${seen - height}px` : "auto";
    this.el.style.setProperty("--skiplab-peek", low ? `${seen}px` : "0px");
  }

  environment(frame) {
    const { scene, palette } = this.spec, { clientWidth: width, clientHeight } = this.holder, staged = this.stage.on;
    const font = staged ? parseFloat(getComputedStyle(this.el).fontSize) : 13, pen = staged ? font / 18 : 1;
    const dark = document.body.dataset.jpThemeLight === "false", style = getComputedStyle(document.body);
    const paper = style.getPropertyValue("--jp-layout-color0").trim(), own = palette[dark ? "dark" : "light"];
    const colours = paper ? { ...own, paper } : own;
    const family = style.getPropertyValue("--jp-ui-font-family") || "sans-serif";
    const places = staged ? { panels: this.stage.set(frame), height: clientHeight } : arrange(scene, frame, { font, width, height: scene.height });
    return { font, pen, width, ...places, family, palette, frame, colour: (name) => colours[name] || name };
  }

  // The sentence has room for the longest that it can be, so that nothing under it ever moves.
  leaveRoom() {
    const { style } = this.sentence, said = this.sentence.textContent;
    this.wide = this.holder.clientWidth;
    style.minHeight = "";
    this.sentence.textContent = longest(this.spec.sentence);
    style.minHeight = `${this.sentence.offsetHeight}px`;
    this.sentence.textContent = said;
  }

  // The sentence follows each move.
  say(sentence, error) {
    if (this.holder.clientWidth !== this.wide) this.leaveRoom();
    this.sentence.textContent = sentence;
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
