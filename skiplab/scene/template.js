// A sentence under a picture says what is drawn: the same rules as template.py, kept equal by a test.

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export function fill(template, frame) {
  if (typeof template === "string")
    return template.replace(/\{(\w+)(?::([^{}]*))?\}/g, (_, name, style) => field(name, style, frame));
  if (Array.isArray(template)) return template.map((part) => fill(part, frame)).join("");
  return fill(template.of[Math.trunc(frame[template.by])], frame);
}

// About the longest that a template can say.
export function longest(template) {
  const most = (texts) => texts.reduce((a, b) => (b.length > a.length ? b : a));
  if (typeof template === "string")
    return template.replace(/\{\w+(?::([^{}]*))?\}/g, (_, style = "") => (style.includes("|") ? most(style.split("|")) : "−8.88×10"));
  return Array.isArray(template) ? template.map(longest).join("") : most(template.of.map(longest));
}

export function number(value, style) {
  if (Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  value = Number(value.toPrecision(12)); // a number that arithmetic leaves a little beside 0.875 is written as 0.875 is
  if (style.endsWith("p")) return number(10 ** value, `${style.slice(0, -1)}g`);
  if (style.endsWith("t")) return times(value, Number(style.slice(1, -1)));
  const huge = Math.abs(value) >= 1e15 && !style.endsWith("g"), digits = huge ? 3 : Number(style.slice(1, -1) || 0);
  const text = huge || style.endsWith("g") ? significant(value, digits) : fixed(value, digits);
  return text.replace("-", "−");
}

export function superscript(whole) {
  return String(whole).replace(/[-0-9]/g, (c) => SUPERSCRIPT[c]);
}

function field(name, style, frame) {
  if (!(name in frame)) throw new Error(`the template names "${name}", the frame has ${Object.keys(frame).sort()}`);
  if (!style) return String(frame[name]);
  return style.includes("|") ? style.split("|")[Math.trunc(frame[name])] : number(frame[name], style);
}

// × 0.43, × 400, 1/80,000,000, and from 10^8 on only the power of ten.
function times(power, digits) {
  const far = Math.abs(power), unit = 10 ** (Math.floor(far) - digits + 1);
  if (far < 1) return `× ${number(10 ** power, `.${digits + 1}g`)}`;
  const whole = () => (Math.floor(10 ** far / unit + 0.5) * unit).toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
  const size = far < 8 ? whole() : `10${superscript(number(far, "d"))}`;
  return power < 0 ? `1/${size}` : `× ${size}`;
}

function fixed(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

function significant(value, digits) {
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e").map(Number);
  if (power >= -4 && power < 6) return trim((mantissa * 10 ** power).toFixed(Math.max(0, digits - 1 - power)));
  return `${trim(String(mantissa))}×10${superscript(power)}`;
}

function trim(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
