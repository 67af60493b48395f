// A row of buttons is one Tab stop: arrow keys go from one to the next, Home and End to the first and the last.
const STEP = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function oneStop(row, label) {
  row.setAttribute("role", "toolbar");
  row.setAttribute("aria-label", label);
  const all = () => [...row.querySelectorAll("button, a")], free = () => all().filter((each) => !each.disabled && each.checkVisibility());
  const stop = (one) => { for (const each of all()) each.tabIndex = each === one ? 0 : -1; };
  const tidy = () => stop(all().find((each) => !each.disabled && each.tabIndex === 0) ?? all().find((each) => !each.disabled));
  row.addEventListener("focusin", (event) => stop(event.target));
  row.addEventListener("keydown", (event) => {
    const at = free(), now = at.indexOf(event.target), to = { Home: 0, End: at.length - 1 }[event.key] ?? now + STEP[event.key];
    if (now < 0 || Number.isNaN(to)) return;
    event.preventDefault();
    at[(to + at.length) % at.length].focus();
  });
  new MutationObserver(tidy).observe(row, { subtree: true, childList: true, attributeFilter: ["disabled"] });
  tidy();
}
