// A pen with the calls of a canvas that writes an SVG: a saved picture is made of lines and texts, which stay sharp however large.

const made = (name, attributes) => {
  const { namespaceURI } = Object.assign(document.createElement("div"), { innerHTML: "<svg></svg>" }).firstChild;
  const each = document.createElementNS(namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") each.setAttribute(key, value);
  return each;
};
const digits = (...numbers) => numbers.map((v) => Math.round(v * 100) / 100).join(" ");
const outline = (x, y, w, h) => `M${digits(x, y)}h${digits(w)}v${digits(h)}h${digits(-w)}Z`;

export function svgPen(width, height) {
  const real = document.createElement("canvas").getContext("2d"); // holds the state: colours, font, dashes, where the pen stands
  const root = made("svg", { width, height, viewBox: `0 0 ${width} ${height}` }), groups = [root];
  let path = "", clips = 0;
  const put = (name, attributes) => {
    const { a, b, c, d, e, f, isIdentity } = real.getTransform();
    const one = made(name, { ...attributes, opacity: real.globalAlpha < 1 ? real.globalAlpha : "", transform: isIdentity ? "" : `matrix(${digits(a, b, c, d, e, f)})` });
    groups.at(-1).append(one);
    return one;
  };
  const filled = (d) => put("path", { d, fill: real.fillStyle });
  const stroked = (d) => put("path", {
    d, fill: "none", stroke: real.strokeStyle, "stroke-width": real.lineWidth, "stroke-linejoin": real.lineJoin,
    "stroke-linecap": real.lineCap, "stroke-dasharray": real.getLineDash().join(" "),
  });
  const own = {
    beginPath() { path = ""; },
    moveTo(x, y) { path += `M${digits(x, y)}`; },
    lineTo(x, y) { if (Number.isFinite(x + y)) path += `${path ? "L" : "M"}${digits(x, y)}`; },
    bezierCurveTo(...ends) { path += `C${digits(...ends)}`; },
    rect(...sides) { path += outline(...sides); },
    arc(x, y, r) { path += `M${digits(x - r, y)}a${digits(r, r)} 0 1 0 ${digits(2 * r, 0)}a${digits(r, r)} 0 1 0 ${digits(-2 * r, 0)}Z`; }, // whole circles only
    closePath() { path += "Z"; },
    fill: () => filled(path),
    stroke: () => stroked(path),
    fillRect: (...sides) => filled(outline(...sides)),
    strokeRect: (...sides) => stroked(outline(...sides)),
    save() { real.save(); groups.push(groups.at(-1)); },
    restore() { real.restore(); groups.pop(); },
    clip() {
      const id = `clip${clips++}`, clip = made("clipPath", { id }), inside = made("g", { "clip-path": `url(#${id})` });
      clip.append(made("path", { d: path }));
      groups.pop().append(clip, inside);
      groups.push(inside);
    },
    fillText(text, x, y, most = Infinity) {
      const { width, actualBoundingBoxAscent: rise } = real.measureText(text), baseline = real.textBaseline;
      real.textBaseline = "alphabetic"; // the only one that every reader of SVG knows
      const lower = real.measureText(text).actualBoundingBoxAscent - rise, anchor = { left: "start", right: "end" }[real.textAlign] ?? "middle";
      real.textBaseline = baseline;
      const narrow = width > most ? { textLength: digits(most), lengthAdjust: "spacingAndGlyphs" } : {};
      put("text", { x: digits(x), y: digits(y + lower), fill: real.fillStyle, style: `font: ${real.font}`, "text-anchor": anchor, ...narrow }).textContent = text;
    },
    drawImage(image, x, y, width, height) {
      const style = real.imageSmoothingEnabled ? "" : "image-rendering: pixelated";
      put("image", { href: image.toDataURL(), x: digits(x), y: digits(y), width: digits(width), height: digits(height), preserveAspectRatio: "none", style });
    },
    written: () => new XMLSerializer().serializeToString(root),
  };
  return new Proxy(real, {
    get: (_, name) => own[name] ?? (typeof real[name] === "function" ? real[name].bind(real) : real[name]),
    set: (_, name, value) => { real[name] = value; return true; },
  });
}
