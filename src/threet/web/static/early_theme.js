// Before the first paint: the remembered theme, else the system's.
{
  let remembered = null;
  try { remembered = localStorage.getItem("theme"); } catch { /* storage is forbidden */ }
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = remembered ?? system;
}
