// What is told to those who hear the picture: of each move, once it is over, first what is new in it and then which dials it moved.
import { same, written } from "./dials.js";
import { fill } from "../scene/template.js";

const QUIET = 250, GONE = 4000; // ms after the last move; after which the status is empty again, since the sentence stands under the picture

export function teller(view) {
  const { live, canvas, spec } = view;
  let told;
  const tell = (sentence, error) => {
    if (error || !sentence || view.el.classList.contains("skiplab-stale")) return void (live.textContent = "");
    const titles = spec.scene.panels.map((panel) => fill(panel.title, view.frame)).filter(Boolean);
    const own = titles.filter((title) => !sentence.includes(title)), now = { titles, parts: sentences(sentence), values: view.values };
    canvas.setAttribute("aria-label", [...own, spec.pad.label].filter(Boolean).join(". ") || "The picture of this sentence");
    const said = told && [...found(told, now), ...turned(view, told.values)].join(". ");
    told = now;
    view.reading();
    if (!said) return;
    live.textContent = said;
    view.forget = setTimeout(() => { live.textContent = ""; }, GONE);
  };
  return (sentence, error) => {
    clearTimeout(view.quiet);
    view.quiet = setTimeout(() => tell(sentence, error), QUIET);
  };
}

// The titles that are new, which say what is found; or else what is new of the sentence.
function found(before, now) {
  const fresh = (name) => now[name].filter((text) => !before[name].includes(text));
  return fresh("titles").length ? fresh("titles") : fresh("parts");
}

// The dials that were moved, but for the one that has the focus, which the browser reads itself.
function turned({ dials, controls, values }, before) {
  const heard = ({ spec }, i) => same(before[spec.name], values[spec.name]) || controls[i].el.contains(document.activeElement);
  return dials.filter((dial, i) => !dial.disabled && !heard(dial, i)).map(({ spec, text }) => `${spec.label} ${text}`);
}

const sentences = (text) => text.split(/(?<=[.?!]) /).map((part) => part.replace(/\.$/, ""));
