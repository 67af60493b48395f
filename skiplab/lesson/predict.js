// Whoever predicts sees more: a choice or a number is noted before a picture, and what was measured stands beside it afterwards.
import { control } from "../explore/controls.js";
import { dialsOf, written } from "../explore/dials.js";
import { button, element } from "../explore/element.js";

export default {
  render({ model, el }) {
    const { question, unit, kept } = model.get("_spec"), [dial] = dialsOf(model), { el: asked, show } = control(dial);
    const note = button("Predict", () => { model.set("answer", dial.value); model.save_changes(); });
    const said = element("p", "skiplab-noted", { role: "status" });
    const follow = () => {
      const answer = model.get("answer"), measured = model.get("_measured"), text = [written(dial.spec, answer), unit].filter(Boolean).join(" ");
      show();
      note.disabled = dial.value === null || dial.value === answer;
      said.textContent = answer === null ? "" : `You predict: ${text}. ${measured || "Now see."}`;
    };
    el.append(element("style", "", { textContent: kept }), element("p", "skiplab-question", { textContent: question }),
      element("div", "skiplab-tools", {}, [asked, unit, note]), said);
    el.classList.add("skiplab-explorer", "skiplab-prediction");
    Object.assign(el, { role: "group", ariaLabel: question, onkeydown: (event) => event.stopPropagation() });
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's: x would cut the cell
    const heard = ["draft", "answer", "_measured"].map((name) => `change:${name}`);
    heard.forEach((event) => model.on(event, follow));
    follow();
    return () => heard.forEach((event) => model.off(event, follow));
  },
};
