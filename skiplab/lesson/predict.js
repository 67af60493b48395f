// Whoever predicts sees more: a choice or a number is noted before a picture, and what was measured stands beside it afterwards.
import { control } from "../explore/controls.js";
import { dialsOf, same, written } from "../explore/dials.js";
import { button, element } from "../explore/element.js";
import { curveControl } from "./curve.js";

export default {
  render({ model, el }) {
    const { question, unit, kept } = model.get("_spec"), [dial] = dialsOf(model), drawn = dial.spec.kind === "curve";
    const { el: asked, show, over } = drawn ? curveControl(dial, model) : control(dial);
    const note = button("Predict", () => {
      if (drawn && model.get("answer")) model.set("ghosts", [...model.get("ghosts"), model.get("answer")]);
      model.set("answer", dial.value);
      model.save_changes();
    });
    const said = element("p", "skiplab-noted", { role: "status" });
    const follow = () => {
      const answer = model.get("answer"), measured = model.get("_measured"), text = drawn ? "the dashed line" : [written(dial.spec, answer), unit].filter(Boolean).join(" ");
      show();
      note.disabled = dial.value === null || same(dial.value, answer);
      said.textContent = answer === null ? "" : `You predict: ${text}. ${measured || "Now see."}`;
    };
    el.append(element("style", "", { textContent: kept }), element("p", "skiplab-question", { textContent: question }),
      element("div", "skiplab-tools", {}, [asked, drawn ? "" : unit, note]), said);
    el.classList.add("skiplab-explorer", "skiplab-prediction");
    Object.assign(el, { role: "group", ariaLabel: question, onkeydown: (event) => event.stopPropagation() });
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's: x would cut the cell
    const heard = ["draft", "answer", "ghosts", "_found", "_measured"].map((name) => `change:${name}`);
    heard.forEach((event) => model.on(event, follow));
    follow();
    return () => {
      over?.();
      heard.forEach((event) => model.off(event, follow));
    };
  },
};
