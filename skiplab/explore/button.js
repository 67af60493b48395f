// A button that has the kernel do something, such as a training, and stops it again; what it finds is added to the picture.
import { stand, written } from "./dials.js";
import { button, element } from "./element.js";
import { ABSENT, kernelOf } from "./kernel.js";
import { unpack } from "./packed.js";

export function actButton(view) {
  const { model } = view, spec = model.get("_spec").button;
  if (!spec) return [];
  const said = element("output", "skiplab-doing");
  const press = button(spec.text, () => {
    model.set("_pressed", model.get("_pressed") + 1);
    model.save_changes();
  });
  const follow = () => {
    const absent = ABSENT[kernelOf(model)], doing = !absent && model.get("_doing");
    press.textContent = doing ? "Stop" : spec.text;
    press.disabled = !!absent;
    said.textContent = absent || doing || (model.get("_done") && outcome(model, view));
  };
  view.heeds.push(follow);
  for (const name of ["_doing", "_done"]) model.on(`change:${name}`, follow);
  return [press, said];
}

// The frame with the button's extras: what was found for just these values of the dials, or nothing yet.
export function added(model, frame, values) {
  const live = model.get("_live"), extras = model.get("_spec").button?.extras;
  if (!extras) return frame;
  return { ...extras, ...frame, ...(live.values && stand(live.values, values) ? unpack(live.numbers) : {}) };
}

// What was said last; or, where the dials stand elsewhere, of which dials something was found.
function outcome(model, { dials, values }) {
  const { values: at, numbers } = model.get("_live");
  if (stand(at, values)) return model.get("_done");
  const other = dials.map((d) => d.spec).filter(({ name }) => name in at && !stand({ [name]: at[name] }, values));
  return numbers.sizes.length ? `Done for ${other.map((spec) => `${spec.label} ${written(spec, at[spec.name])}`).join(", ")}` : "";
}
