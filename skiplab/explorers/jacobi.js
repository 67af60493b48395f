// The lowest and the highest eigenvalue of a symmetric matrix, by Jacobi rotations.
export function jacobi(h) {
  const n = h.length;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += Math.abs(h[p][q]);
        if (Math.abs(h[p][q]) < 1e-300) continue;
        const theta = (h[q][q] - h[p][p]) / (2 * h[p][q]), tan = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(tan, 1), s = tan * c;
        for (let k = 0; k < n; k++) [h[k][p], h[k][q]] = [c * h[k][p] - s * h[k][q], s * h[k][p] + c * h[k][q]];
        for (let k = 0; k < n; k++) [h[p][k], h[q][k]] = [c * h[p][k] - s * h[q][k], s * h[p][k] + c * h[q][k]];
      }
    if (off < 1e-14) break;
  }
  const d = h.map((row, i) => row[i]);
  return [Math.min(...d), Math.max(...d)];
}
