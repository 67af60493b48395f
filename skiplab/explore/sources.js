// A source gives the numbers of one picture: computed here in closed form, or sent by the kernel.
import { saddle } from "./saddle.js";
import { skipDrawing } from "./skip.js";

const CLOSED = { saddle, skip: skipDrawing };

export function source(model) {
  const [kind, name] = model.get("source").split(":"), memo = {};
  if (kind === "closed") return (values) => CLOSED[name](values, model.get("constants"), memo);
  return pushed(model);
}

// What the kernel sent last, and how long it took to answer the last move.
function pushed(model) {
  let asked, trip = {};
  model.on("change:frame", () => {
    if (asked) trip = { tripped: 1, trip: 1, trip_colour: "concat", trip_ms: performance.now() - asked };
  });
  const frame = () => ({ ...undo(model.get("frame")), ...trip });
  return Object.assign(frame, { moved: () => (asked = performance.now()) });
}

// JSON has no NaN: the kernel sends null for it.
function undo(value) {
  if (value === null) return NaN;
  if (Array.isArray(value)) return value.map(undo);
  return typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, undo(v)])) : value;
}
