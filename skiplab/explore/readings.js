// The numbers that are drawn, as tables: for those who cannot see them, and for those who want to read one off.
import { element, button } from "./element.js";
import { resolve } from "../scene/marks.js";
import { fill, number } from "../scene/template.js";

const MOST = 500; // numbers of a matrix beyond which it is a picture, as one in grey is, and no table
const count = (n) => Array.from({ length: n }, (_, i) => String(i + 1));

// Of each kind of mark its rows and its columns, [name, numbers] each; a matrix has rows along the other axis. Where a panel is bare, so
// that points stand on no axes, each is one of so many, and its number is the one along x.
const READ = {
  line: (m, name) => [m.x, [[name, m.y]]],
  points: (m, name, bare) => (bare ? [count(m.x.length), [[name, m.x]]] : [m.x, [[name, m.y]]]),
  band: (m, name) => [m.x, [[`${name}, lowest`, m.low], [`${name}, highest`, m.high]]],
  bars: (m, name) => [count(m.values.length), [[name, m.values]]],
  cells: (m) => [count(m.z.length / m.columns), count(m.columns).map((n, j) => [n, Array.from(m.z).filter((_, k) => k % m.columns === j)])],
};

// A button that shows the tables, and the place for them.
export function readings(view) {
  const place = element("div", "skiplab-readings", { tabIndex: 0, role: "region", "aria-label": "The numbers of the picture", hidden: true });
  const press = button("Table", () => {
    place.hidden = !place.hidden;
    press.setAttribute("aria-pressed", !place.hidden);
    view.reading();
  });
  press.setAttribute("aria-pressed", "false");
  view.reading = () => place.hidden || place.replaceChildren(...view.spec.scene.panels.flatMap((panel, i, all) => tables(panel, view.frame, all)));
  return [press, place];
}

function tables(panel, frame, panels) {
  const seen = ({ marks }) => marks.map((m) => resolve(m, frame)).filter((m) => m.when === undefined || m.when);
  const marks = seen(panel), sets = new Map(), words = [marks, ...panels.map(seen)].flat().filter((m) => m.kind === "text" && m.bold);
  const ofLine = (m) => marks.find((o) => o.label && o.kind === "line" && o.color === m.color)?.label; // its band and points have none
  const ofWord = (m) => words.find((o) => m.color !== "ink" && o.color === m.color && !/^\d/.test(fill(o.text, frame)))?.text; // at its end
  const named = (m) => fill(m.label ?? ofLine(m) ?? ofWord(m) ?? panel.y.label ?? "", frame);
  const bare = panel.axes === false, drawn = (m) => ((m.x?.length > 2 && !bare) || m.label || ["bars", "cells"].includes(m.kind));
  for (const m of marks.filter((m) => READ[m.kind] && !(m.z?.length > MOST || m.colors === "grey") && drawn(m))) {
    const [rows, columns] = READ[m.kind](m, named(m), bare), key = `${m.z ? m.kind : ""}${Array.from(rows)}`;
    if (!sets.has(key)) sets.set(key, { rows, columns: new Map(), head: (m.z ? panel.y : panel.x).label ?? "" });
    for (const [name, numbers] of columns) if (!sets.get(key).columns.has(name)) sets.get(key).columns.set(name, numbers);
  }
  const said = marks.filter((m) => m.text).map((m) => fill(m.text, frame)).join(" · "), title = fill(panel.title, frame);
  const out = [...sets.values()].map(({ rows, columns, head }) => table(title, fill(head, frame), rows, [...columns], panel));
  return said && bare ? [...out, element("p", "", { textContent: `${title}: ${said}` })] : out;
}

function table(title, head, rows, columns, { x, y }) {
  const cell = (tag, text, scope) => element(tag, "", { textContent: text, ...(scope && { scope }) });
  const told = (v, axis) => (typeof v === "string" ? v : Number.isNaN(v) ? "–" : number(v, axis.power ? ".3p" : ".3g"));
  const line = (parts) => element("tr", "", {}, parts), heads = [head || "number", ...columns.map(([name]) => name)];
  const body = Array.from(rows, (row, i) => line([cell("th", told(row, x), "row"), ...columns.map(([, v]) => cell("td", told(v[i], y)))]));
  return element("table", "", {}, [element("caption", "", { textContent: title }), element("thead", "", {}, [line(heads.map((h) => cell("th", h, "col")))]),
    element("tbody", "", {}, body)]);
}
