// JSON has no NaN: the kernel sends null for it.
export function undo(value) {
  if (value === null) return NaN;
  if (Array.isArray(value)) return value.map(undo);
  return typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, undo(v)])) : value;
}
