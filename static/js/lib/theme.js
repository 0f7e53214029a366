// Dark or light: the toggle's word, and a cookie from which the server renders next time.

import { find, say } from "./dom.js";

const A_YEAR = 31_536_000;

export function startTheme(onChange) {
  const button = find("[data-theme-toggle]");
  const word = find("[data-theme-word]");
  const prefersLight = matchMedia("(prefers-color-scheme: light)");
  const tell = () => say(word, isLight(prefersLight) ? "Dark" : "Light");
  const changed = () => {
    tell();
    onChange();
  };
  prefersLight.addEventListener("change", changed);
  button.addEventListener("click", () => {
    const theme = isLight(prefersLight) ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=${A_YEAR}; samesite=lax${isSecure()}`;
    changed();
  });
  tell();
}

function isSecure() {
  return location.protocol === "https:" ? "; secure" : "";
}

function isLight(prefersLight) {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "light" : prefersLight.matches;
}
