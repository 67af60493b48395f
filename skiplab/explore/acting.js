// A button that has the kernel do something, such as a training, and stops it again; what it finds is added to the picture.
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
    const doing = model.get("doing");
    press.textContent = doing ? "Stop" : model.get("action");
    said.textContent = doing || (belongs(model.get("live"), view.values) ? model.get("done") : "");
  };
  view.heeds.push(follow);
  for (const name of ["doing", "done", "action"]) model.on(`change:${name}`, follow);
  follow();
  return [press, said];
}

// The frame, with what was found for just these values of the dials.
export function added(model, frame, values) {
  const live = model.get("live");
  return belongs(live, values) ? Object.assign(frame, undo(live.numbers)) : frame;
}

function belongs(live, values) {
  return live.values && Object.entries(live.values).every(([name, v]) => values[name] === v);
}
