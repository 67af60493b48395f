// The stage: one explorer alone on the full screen, for a hall. Digits choose its tips, a presenter's remote goes to the next one.
import { button, element } from "./element.js";
import { fill } from "../scene/template.js";

const STAGED = "skiplab-staged", OPEN = "skiplab-open", CALLED = "skiplab-called";
const TYPED = "input[type=text], select"; // where letters and digits are typed

export class Stage {
  constructor(view) {
    const { panels } = view.spec.scene, some = panels.some((panel) => panel.stage);
    const boxes = panels.map((panel) => (some ? panel.stage : panel.box)), finding = boxes.findIndex((box) => box && !box[0] && !box[1]);
    Object.assign(this, { view, boxes, finding: Math.max(0, finding) });
    this.headline = element("p", "skiplab-headline");
    this.button = button("", () => (this.on ? this.leave() : this.begin()));
    this.drawer = button("Dials (d)", () => this.open(!this.drawn));
    this.drawer.classList.add("skiplab-drawer");
    for (const [each, key] of [[this.button, "f"], [this.drawer, "d"]]) each.setAttribute("aria-keyshortcuts", key);
    const { signal } = view.over;
    view.el.addEventListener("keydown", (event) => this.press(event), { signal });
    view.el.addEventListener(CALLED, (event) => this.enter(event.detail), { signal });
    document.addEventListener("fullscreenchange", () => document.fullscreenElement || !this.on || this.leave(), { signal });
    this.named();
  }

  get on() {
    return this.view.el.classList.contains(STAGED);
  }

  get drawn() {
    return this.view.el.classList.contains(OPEN);
  }

  press(event) {
    const act = !event.ctrlKey && !event.altKey && !event.metaKey && this.meant(event.key, event.target.matches(TYPED));
    if (!act) return;
    event.preventDefault();
    act();
  }

  // What a key is to do, if anything.
  meant(key, typed) {
    if (!this.on) return key === "f" && !typed && (() => this.begin());
    const by = { PageUp: -1, PageDown: 1 }[key], tip = this.view.tips[key - 1];
    if (by) return () => this.step(by);
    if (key === "Escape") return () => this.leave();
    return !typed && (tip ? () => tip.click() : { f: () => this.leave(), d: () => this.open(!this.drawn) }[key]);
  }

  // Where the browser refuses the full screen, the explorer fills the page.
  begin() {
    const scroller = this.view.el.closest(".jp-WindowedPanel-outer") ?? document.scrollingElement;
    this.enter({ focus: document.activeElement, scroller, top: scroller.scrollTop });
    if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().then(lift, () => {});
  }

  enter(home) {
    const { el } = this.view;
    Object.assign(this, { home, held: el.parentElement });
    this.held.style.minHeight = `${el.offsetHeight}px`; // so that nothing moves in the notebook
    el.classList.add(STAGED);
    Object.assign(el, { popover: "manual", tabIndex: -1 });
    lift();
    for (const each of this.button.parentElement.querySelectorAll("button")) each.tabIndex = each === this.button ? 0 : -1; // a stop that is shown
    if (!el.contains(document.activeElement)) el.focus({ preventScroll: true });
    this.named();
  }

  // Either for another explorer, or back to where it began.
  leave(other) {
    const { el } = this.view, { focus, scroller, top } = this.home;
    el.hidePopover?.();
    el.classList.remove(STAGED, OPEN);
    for (const name of ["popover", "tabindex"]) el.removeAttribute(name);
    this.held.style.minHeight = "";
    this.named();
    if (other) return void other.dispatchEvent(new CustomEvent(CALLED, { detail: this.home }));
    const back = () => requestAnimationFrame(() => { scroller.scrollTop = top; });
    focus.focus({ preventScroll: true });
    back();
    if (document.fullscreenElement) document.exitFullscreen().then(back);
  }

  step(by) {
    const all = [...document.querySelectorAll(".skiplab-explorer:has(> .skiplab-headline)")].filter((el) => el.checkVisibility());
    const other = all[all.indexOf(this.view.el) + by];
    if (other) this.leave(other);
  }

  open(wide) {
    const { el, top } = this.view, within = top.contains(document.activeElement);
    el.classList.toggle(OPEN, wide);
    if (wide) top.querySelector(":enabled:is(input:not([type=radio]), :checked, button, select)").focus();
    else if (within) el.focus();
    this.named();
  }

  named() {
    this.button.textContent = this.on ? "Leave (f)" : "Stage";
    this.button.title = this.on ? "" : "This explorer alone on the full screen (f), for a hall";
    this.drawer.setAttribute("aria-expanded", this.drawn);
    this.drawer.disabled = !this.on;
    this.view.ask();
  }

  // What is drawn: the finding's panel, whose title is the headline, and, as long as the dials are away, those beside it.
  set(frame) {
    const { panels } = this.view.spec.scene, { boxes, drawn, finding } = this;
    this.headline.textContent = this.view.awaited ? "" : fill(panels[finding].title, frame);
    return panels.map((panel, i) => {
      const box = drawn ? i === finding && [0, 0, 1, 1] : boxes[i];
      const led = i === finding && { title: "", head: 0.8 };
      return box ? { ...panel, box, ...led } : null;
    });
  }

  stop() {
    if (this.on) this.leave();
  }
}

// On top of all else on the page, which may be full screen only since a moment.
function lift() {
  const el = document.querySelector(`.${STAGED}`);
  if (!el) return void document.exitFullscreen();
  el.hidePopover?.();
  el.showPopover?.();
}
