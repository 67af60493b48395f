// What packed.py has packed: single numbers, arrays of numbers, and texts.
export function unpack({ sizes, texts, block }) {
  const numbers = new Float64Array(block.buffer.slice(block.byteOffset, block.byteOffset + block.byteLength)), frame = { ...texts };
  let at = 0;
  for (const [name, size] of sizes) {
    frame[name] = size < 0 ? numbers[at] : numbers.subarray(at, at + size);
    at += Math.abs(size);
  }
  return frame;
}
