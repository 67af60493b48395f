// A browser keeps each module that it has ever loaded: all explorers with the same JavaScript share one, however often cells run.
export default {
  async render({ model, el }) {
    const code = model.get("_code"), modules = (globalThis.skiplab ??= new Map());
    if (!modules.has(code)) modules.set(code, import(URL.createObjectURL(new Blob([code], { type: "text/javascript" }))));
    return (await modules.get(code)).default.render({ model, el });
  },
};
