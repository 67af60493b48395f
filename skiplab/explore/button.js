// A button that has the kernel do something, such as a training, and stops it again; what it finds is added to the picture.
import { stand } from "./dials.js";
import { undo } from "./plain.js";

export function actButton(view, make) {
  const model = view.model;
  if (!model.get("action")) return [];
  const said = Object.assign(document.createElement("output"), { className: "skiplab-doing" });
  const press = make(model.get("action"), () => {
    model.set("pressed", model.get("pressed") + 1);
    model.save_changes();
  });
  const follow = () => {
    const doing = !view.gone && model.get("doing");
    press.textContent = doing ? "Stop" : model.get("action");
    press.disabled = !!view.gone;
    said.textContent = view.gone || doing || (model.get("done") && outcome(model, view));
  };
  view.heeds.push(follow);
  for (const name of ["doing", "done", "action"]) model.on(`change:${name}`, follow);
  follow();
  return [press, said];
}

// The frame, with what was found for just these values of the dials.
export function added(model, frame, values) {
  const live = model.get("live");
  return live.values && stand(live.values, values) ? Object.assign(frame, undo(live.numbers)) : frame;
}

// What was said last; or, where the dials stand elsewhere, of which dials something was found.
function outcome(model, { dials, values }) {
  const { values: at, numbers } = model.get("live");
  if (stand(at, values)) return model.get("done");
  const text = (d) => (d.options ? d.model.get("_options_labels")[d.options.indexOf(at[d.name])] : at[d.name]);
  const other = dials.filter((d) => d.name in at && at[d.name] !== values[d.name]).map((d) => `${d.label} ${text(d)}`);
  return Object.keys(numbers).length ? `Done for ${other.join(", ")}` : "";
}
