// An element of the page with its class, properties, and children; `role` and names with a dash are attributes.
export function element(tag, className, props = {}, children = []) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  for (const [name, value] of Object.entries(props)) name === "role" || name.includes("-") ? el.setAttribute(name, value) : (el[name] = value);
  el.append(...children);
  return el;
}

export function button(text, onclick) {
  return element("button", "skiplab-button", { type: "button", textContent: text, onclick });
}
