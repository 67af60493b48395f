// A source gives the numbers of one picture: computed here in closed form, or sent by the kernel.
import { added } from "./button.js";
import { pairsOf, same, stand } from "./dials.js";
import { formula } from "./formula.js";
import { unpack } from "./packed.js";

// (values) -> frame, {} as long as there is none; `again` is called when there is another, `moved` with each move of the dials.
export function source(model, again) {
  const { source: kind, constants, dials } = model.get("_spec"), memo = {};
  const from = kind === "closed" ? { frame: (values) => formula(values, constants, memo) }
    : kind === "table" ? lookedUp(model, dials, again) : pushed(model, again);
  model.on("change:_live", again);
  const frame = (values) => {
    const found = from.frame(values);
    return found ? added(model, found, values) : {};
  };
  return Object.assign(frame, { stale: from.stale ?? (() => false), moved: from.moved ?? (() => {}) });
}

// The kernel sends all positions of the fast dials at once; a picture is looked up in them.
function lookedUp(model, dials, again) {
  let table;
  const load = async () => {
    const bytes = model.get("_block"), { rows, slow } = model.get("_table");
    if (!bytes?.byteLength) return;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    table = { numbers: new Float32Array(await new Response(stream).arrayBuffer()), rows, slow };
    again();
  };
  for (const name of ["_block", "_table"]) model.on(`change:${name}`, load); // two settings may have one block
  load();
  return {
    frame: (values) => table && look(table, { ...values, ...table.slow }, dials),
    stale: (values) => table && !stand(table.slow, values),
  };
}

function look({ numbers, rows }, values, dials) {
  const frame = { ...values }, position = {};
  for (const { name, kind, options, least, step, nodes } of dials) {
    if (kind === "pairs") {
      const chosen = pairsOf(nodes).map((pair) => Number(values[name].some((other) => same(other, pair))));
      position[name] = parseInt(chosen.join(""), 2); // as `place` in dials.py
      Object.assign(frame, { [`${name}_in`]: chosen, [`${name}_out`]: chosen.map((one) => 1 - one) });
    } else position[name] = options ? options.indexOf(values[name]) : Math.round((values[name] - least) / step);
    frame[`${name}_no`] = position[name];
  }
  for (const [name, { dials: along, shape, start }] of Object.entries(rows.arrays)) {
    const size = shape.slice(along.length).reduce((a, b) => a * b, 1);
    const row = along.reduce((at, dial, i) => at * shape[i] + position[dial], 0);
    const from = start + row * size;
    frame[name] = shape.length === along.length ? numbers[from] : numbers.subarray(from, from + size);
  }
  for (const [name, [dial, texts]] of Object.entries(rows.texts)) frame[name] = texts[position[dial]];
  for (const name of rows.chosen) frame[name] = frame[`${values[rows.by]}_${name}`];
  return frame;
}

// What the kernel sent last, if nothing newer is there, and how long it took to answer the last move; it is asked as soon as there is a picture.
function pushed(model, again) {
  let sent = {}, frame, asked, trip = {};
  const load = () => {
    const { at, values, numbers } = model.get("_frame");
    if (!numbers || at < sent.at) return;
    if (asked) trip = { tripped: 1, trip: 1, trip_colour: "ink", timed: Number(asked > 0), trip_ms: performance.now() - asked };
    asked = undefined;
    sent = { at, values };
    frame = unpack(numbers);
    again();
  };
  model.on("change:_frame", load);
  load();
  asked = -1;
  model.set("_asked", model.get("_asked") + 1);
  model.save_changes();
  return {
    frame: () => frame && { ...frame, ...trip },
    stale: (values) => frame && !stand(sent.values, values),
    moved: () => { asked = performance.now(); },
  };
}
