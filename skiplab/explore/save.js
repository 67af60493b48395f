// What is seen can be taken along as one file: the picture with its sentence, and the dials in its foot.
import { arrange } from "../scene/axes.js";
import { setting } from "./dials.js";
import { button, element } from "./element.js";
import { svgPen } from "../scene/svg.js";

const SHEET = 920, SHARP = 2, ROW = 20, EDGE = 14; // px; pixels of a PNG to a px

export function saveButtons(view) {
  const save = (kind, make) => button(`Save ${kind}`, async () => {
    if (view.since !== undefined) return; // what is seen is no longer what the dials say
    const [width, height, draw] = sheet(view), url = URL.createObjectURL(await make(width, height, draw));
    element("a", "", { href: url, download: `${view.spec.name}.${kind.toLowerCase()}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  return [save("SVG", svg), save("PNG", png)];
}

async function svg(width, height, draw) {
  const pen = svgPen(width, height);
  draw(pen);
  return new Blob([pen.written()], { type: "image/svg+xml" });
}

function png(width, height, draw) {
  const canvas = element("canvas", "", { width: SHARP * width, height: SHARP * height }), pen = canvas.getContext("2d");
  pen.scale(SHARP, SHARP);
  draw(pen);
  return new Promise((done) => canvas.toBlob(done));
}

// How wide and high it is, and what draws it with a pen: in the colours of the page, as wide as a stored poster.
function sheet(view) {
  const { scene } = view.spec, size = { font: 13, pen: 1, width: SHEET, height: scene.height };
  const env = { ...view.environment(view.frame), ...size, ...arrange(scene, view.frame, size) };
  const rows = wrapped(view.sentence.textContent, `14px ${env.family}`), top = env.height + EDGE;
  const foot = wrapped(setting(view.dials, view.values), `12px ${env.family}`), height = Math.ceil(top + ROW * (rows.length + foot.length) + EDGE);
  const write = (pen, lines, from, font, colour) => {
    Object.assign(pen, { font, fillStyle: env.colour(colour), textAlign: "left", textBaseline: "alphabetic" });
    lines.forEach((line, i) => pen.fillText(line, EDGE, top + ROW * (from + i + 0.7)));
  };
  return [SHEET, height, (pen) => {
    pen.fillStyle = env.colour("paper");
    pen.fillRect(0, 0, SHEET, height);
    view.paint(pen, env);
    write(pen, rows, 0, `14px ${env.family}`, "ink");
    write(pen, foot, rows.length, `12px ${env.family}`, "muted");
  }];
}

// The words in lines that fit.
function wrapped(text, font) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = font;
  return text.split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    return lines.length && pen.measureText(longer).width <= SHEET - 2 * EDGE ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, []);
}
