// A source gives the numbers of one picture: computed here in closed form, or sent by the kernel.
import { fill } from "../scene/template.js";
import { added } from "./button.js";
import { stand } from "./dials.js";
import { formula } from "./formula.js";
import { undo } from "./plain.js";

export function source(model, again) {
  const kind = model.get("source"), memo = {};
  if (kind === "closed") return (values) => formula(values, model.get("constants"), memo);
  return kind === "table" ? lookedUp(model, again) : pushed(model);
}

// The kernel sends all positions of the fast dials at once; a picture is looked up in them.
function lookedUp(model, again) {
  let block;
  const unpack = async () => {
    const bytes = model.get("block"), layout = model.get("rows"), slow = model.get("slow");
    if (!bytes?.byteLength) return;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    block = { numbers: new Float32Array(await new Response(stream).arrayBuffer()), layout, slow };
    again();
  };
  for (const name of ["block", "slow"]) model.on(`change:${name}`, unpack); // two settings may have one table
  model.on("change:live", again);
  unpack();
  const frame = (values) => (block ? added(model, rows(block, { ...values, ...block.slow }, model.get("dials")), values) : {});
  return Object.assign(frame, { stale: (values) => block && !stand(block.slow, values) });
}

function rows({ numbers, layout }, values, dials) {
  const frame = { ...values, ...layout.words }, position = {};
  for (const d of dials) position[d.name] = d.options ? d.options.indexOf(values[d.name]) : Math.round((values[d.name] - d.least) / d.step);
  for (const d of dials) frame[`${d.name}_no`] = position[d.name];
  for (const [name, { dials: along, shape, start }] of Object.entries(layout.arrays)) {
    const size = shape.slice(along.length).reduce((a, b) => a * b, 1);
    const row = along.reduce((at, dial, i) => at * shape[i] + position[dial], 0);
    const from = start + row * size;
    frame[name] = shape.length === along.length ? numbers[from] : numbers.subarray(from, from + size);
  }
  for (const [name, template] of Object.entries(layout.picks)) frame[name] = frame[fill(template, values)];
  return frame;
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
