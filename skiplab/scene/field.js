// A field is one number at each place of a square grid, row by row from the bottom: as colours, and as lines of equal height.

const images = new WeakMap(), lines = new WeakMap();

// The field as a picture in `levels` steps of colour, kept as long as the field itself is kept. A matrix of so many `columns`
// has its first row on top.
export function heatImage(z, [lo, hi], levels, anchors, columns) {
  const key = `${lo} ${hi} ${levels} ${anchors} ${columns}`, kept = images.get(z);
  if (kept?.key === key) return kept.image;
  const w = columns || Math.sqrt(z.length), h = z.length / w;
  const image = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const ctx = image.getContext("2d"), data = ctx.createImageData(w, h), pixels = new Uint32Array(data.data.buffer);
  const lut = new Uint32Array(Uint8Array.from(ramp(anchors, levels).flat()).buffer), k = levels / (hi - lo);
  const look = (v) => (Number.isNaN(v) && columns ? 0 : lut[Math.min(levels - 1, Math.max(0, Math.floor((v - lo) * k) || 0))]);
  for (let j = 0; j < h; j++)
    for (let i = 0; i < w; i++) pixels[(columns ? j : h - 1 - j) * w + i] = look(z[j * w + i]);
  ctx.putImageData(data, 0, 0);
  images.set(z, { key, image });
  return image;
}

// `levels` colours between the anchors, each [r, g, b, 255].
export function ramp(anchors, levels) {
  const rgb = anchors.map((hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));
  return Array.from({ length: levels }, (_, i) => {
    const t = (i / Math.max(1, levels - 1)) * (rgb.length - 1), k = Math.min(rgb.length - 2, Math.floor(t));
    return [...rgb[k].map((c, d) => Math.round(c + (rgb[k + 1][d] - c) * (t - k))), 255];
  });
}

// Marching squares: pieces of the line where z equals level, [i0, j0, i1, j1, ...] in grid steps.
export function contourLines(z, level) {
  const kept = lines.get(z);
  if (kept?.level === level) return kept.pieces;
  const n = Math.sqrt(z.length), pieces = [];
  for (let j = 0; j + 1 < n; j++)
    for (let i = 0; i + 1 < n; i++) {
      const a = z[j * n + i] - level, b = z[j * n + i + 1] - level, c = z[(j + 1) * n + i + 1] - level, d = z[(j + 1) * n + i] - level;
      if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) continue;
      const cuts = [];
      if (a > 0 !== b > 0) cuts.push(i + a / (a - b), j);
      if (b > 0 !== c > 0) cuts.push(i + 1, j + b / (b - c));
      if (c > 0 !== d > 0) cuts.push(i + d / (d - c), j + 1);
      if (d > 0 !== a > 0) cuts.push(i, j + a / (a - d));
      pieces.push(...cuts);
    }
  lines.set(z, { level, pieces });
  return pieces;
}
