// The browser reads the controls itself: a picture never waits for the kernel.

export async function connect(model) {
  const specs = model.get("dials"), refs = model.get("controls");
  const models = await Promise.all(refs.map((ref) => model.widget_manager.get_model(ref.replace("IPY_MODEL_", ""))));
  return specs.map((spec, i) => ({ ...spec, model: models[i], event: spec.options ? "change:index" : "change:value" }));
}

export function read(dials) {
  return Object.fromEntries(dials.map((d) => [d.name, d.options ? d.options[d.model.get("index")] : tidy(d.model.get("value"))]));
}

// Grey the dials that do not matter now. The kernel is told at once: a change kept back would go out with a later move of the same
// dial, and its echo would undo what was greyed since.
export function grey(dials, values) {
  for (const d of dials) {
    const off = Object.entries(d.only || {}).some(([name, when]) => !when.includes(values[name]));
    if (d.model.get("disabled") === off) continue;
    d.model.set("disabled", off);
    d.model.save_changes();
  }
}

// Move one dial, on its steps and inside its range; `keep` tells the kernel too.
export function put(dial, value, keep = true) {
  if (dial.options) dial.model.set("index", dial.options.indexOf(value));
  else {
    const inside = Math.min(dial.most, Math.max(dial.least, value));
    dial.model.set("value", tidy(Math.round(inside / dial.step) * dial.step));
  }
  if (keep) dial.model.save_changes();
}

// Whether the dials named in `at` stand as they did there.
export function stand(at, values) {
  return Object.entries(at).every(([name, v]) => values[name] === v);
}

export function tidy(value) {
  return Number(value.toPrecision(12));
}

// The line of code that restores the dials; only those that were moved are named.
export function setting(name, dials, values) {
  const moved = dials.filter((d) => values[d.name] !== d.start).map((d) => {
    const v = values[d.name];
    return `${d.name}=${typeof v === "string" ? `'${v}'` : literal(v, d)}`;
  });
  return `${name}(${moved.join(", ")})`;
}

function literal(value, dial) {
  const text = String(tidy(value));
  return dial.whole || text.includes(".") || text.includes("e") ? text : `${text}.0`;
}

// ipywidgets' slider handles have no name and a rounded value: give them both, for screen readers.
export function nameHandles(root, dials) {
  const rows = root?.querySelectorAll(".skiplab-controls > *") || [];
  rows.forEach((row, i) => (row.classList.contains("widget-toggle-buttons") ? nameGroup(row) : nameSlider(row, dials[i])));
}

function nameSlider(slider, dial) {
  const label = slider.querySelector(".widget-label")?.textContent, readout = slider.querySelector(".widget-readout");
  for (const handle of slider.querySelectorAll(".noUi-handle")) {
    handle.setAttribute("aria-label", label);
    if (readout) handle.setAttribute("aria-valuetext", readout.textContent);
    handle.setAttribute("aria-disabled", slider.querySelector("[disabled]") !== null);
  }
  readout?.setAttribute("aria-label", `${label}, type a number`);
  if (readout && !readout.hasAttribute("role")) readout.setAttribute("role", "textbox");
  if (readout && dial.options) heedTyping(readout, dial);
}

// ipywidgets ignores what is typed beside a ladder: go to the rung that is nearest to it.
function heedTyping(readout, dial) {
  readout.onblur = () => {
    const typed = parseFloat(readout.textContent.replace(",", ".")), far = (rung) => Math.abs(rung - typed);
    if (Number.isFinite(typed)) put(dial, dial.options.reduce((best, rung) => (far(rung) < far(best) ? rung : best)));
    readout.textContent = dial.model.get("_options_labels")[dial.model.get("index")];
  };
  readout.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    readout.blur();
  };
}

function nameGroup(group) {
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", group.querySelector(".widget-label")?.textContent);
  for (const button of group.querySelectorAll("button")) button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
}
