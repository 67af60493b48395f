// Whether a Python kernel stands behind the model: "live", "gone" once it was restarted, "never" on a page that has none.
// All widgets of a kernel know it, and the layout is one that a widget has always; nothing else here asks what host this is.
export function kernelOf(model) {
  return !model.widget_manager ? "never" : model.get("layout")?.comm_live === false ? "gone" : "live";
}

export function followKernel(model, heed) {
  const layout = model.get("layout");
  layout?.on?.("comm_live_update", heed);
  return () => layout?.off?.("comm_live_update", heed);
}

// Why the kernel will not answer.
export const ABSENT = {
  live: "",
  gone: "The kernel was restarted: run the cell again.",
  never: "It needs a Python kernel: open the notebook in JupyterLab.",
};
