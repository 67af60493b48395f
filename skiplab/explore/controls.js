// The dials as the browser's own controls, which bring their keys and their names for screen readers with them.
import { button, element } from "./element.js";

const WIDE = 250; // px of buttons, about: more than a column of the dials has

// Each control gives its element, and `show`, which brings it to where its dial stands.
export function control(dial) {
  const { el, show } = { slider: numberControl, ladder: numberControl, choice: choiceControl, pairs: pairsControl }[dial.spec.kind](dial);
  el.classList.add("skiplab-dial");
  return { el, show: () => { el.disabled = dial.disabled; show(); } };
}

function numberControl(dial) {
  const { label, options, least, most, step } = dial.spec, of = (at) => (options ? options[at] : Number(at));
  const range = element("input", "skiplab-range", { type: "range", "aria-description": "Enter: type a number", ...(options ? { min: 0, max: options.length - 1 } : { min: least, max: most, step }) });
  const field = element("input", "skiplab-field", { type: "text", inputMode: "decimal", autocomplete: "off", tabIndex: -1, "aria-label": `${label}, type a number` });
  const show = () => {
    range.value = options ? options.indexOf(dial.value) : dial.value;
    field.value = dial.text;
    range.setAttribute("aria-valuetext", dial.text);
  };
  range.oninput = () => dial.set(of(range.value));
  const keys = (el, does) => el.addEventListener("keydown", ({ key }) => does[key]?.()); // slider and field are one Tab stop
  keys(range, { Enter: () => { field.focus(); field.select(); } });
  keys(field, { Enter: () => range.focus(), Escape: () => { show(); range.focus(); } });
  field.onchange = () => {
    const typed = field.value.trim().replace(",", ".").replace("−", "-");
    if (typed && Number.isFinite(Number(typed))) dial.set(Number(typed));
    show();
  };
  const name = element("label", "", {}, [element("span", "skiplab-label", { textContent: label }), range]);
  return { el: element("fieldset", "", { role: "presentation" }, [name, field]), show };
}

function choiceControl(dial) {
  const { label, options, labels } = dial.spec, name = `skiplab-${Math.random()}`; // two views of one dial are two groups
  const boxes = options.map((value) => element("input", "", { type: "radio", name, onchange: () => dial.set(value) }));
  const texts = labels.map((text, i) => element("label", "skiplab-option", {}, [boxes[i], element("span", "", { textContent: text })]));
  const el = group(label, texts);
  if (labels.reduce((sum, text) => sum + 24 + 7 * text.length, 0) > WIDE) el.classList.add("skiplab-wide");
  return { el, show: () => boxes.forEach((box, i) => { box.checked = options[i] === dial.value; }) };
}

// Two numbers and "Add"; each pair that is there is a button which takes it away.
function pairsControl(dial) {
  const { label, nodes } = dial.spec;
  const ends = ["from", "to"].map((end, i) => element("select", "skiplab-field", { "aria-label": `${label}, ${end}` },
    Array.from({ length: nodes }, (_, node) => element("option", "", { textContent: node, selected: node === i }))));
  const add = button("Add", () => toggle(dial, ...ends.map((end) => end.selectedIndex), true));
  const there = element("span", "skiplab-pairs"), el = group(label, [...ends, add, there]);
  el.classList.add("skiplab-wide");
  const show = () => there.replaceChildren(...dial.value.map(([i, j]) =>
    element("button", "skiplab-button", { type: "button", textContent: `${i}–${j} ✕`, "aria-label": `Remove ${i} to ${j}`,
      onclick: () => { toggle(dial, i, j); add.focus(); } })));
  return { el, show };
}

// Put a pair in, or take it away if it is there and not to be `kept`.
export function toggle(dial, i, j, kept = false) {
  const [low, high] = [Math.min(i, j), Math.max(i, j)], others = dial.value.filter(([a, b]) => a !== low || b !== high);
  dial.set(kept || others.length === dial.value.length ? [...others, [low, high]] : others);
}

function group(label, parts) {
  return element("fieldset", "", {}, [element("legend", "skiplab-label", { textContent: label }), element("div", "skiplab-options", {}, parts)]);
}
