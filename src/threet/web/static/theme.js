// Dark and light: the system's until a person chooses.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: light)");
const listeners = [];

function remember(theme) {
  try { localStorage.setItem("theme", theme); } catch { /* for this visit only */ }
}

function remembered() {
  try { return localStorage.getItem("theme"); } catch { return null; }
}

function show(theme) {
  root.dataset.theme = theme;
  for (const listener of listeners) listener();
}

export function onTheme(listener) { listeners.push(listener); }

export function color(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

export function startTheme(button) {
  button.addEventListener("click", () => {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    remember(theme);
    show(theme);
  });
  system.addEventListener("change", () => {
    if (remembered() === null) show(system.matches ? "light" : "dark");
  });
}
