// Single keys that do what a control does; none while a person types or stands on a control.
//
// A control states its key by `data-shortcut`, and by `data-shortcut-words` what it does.

import { find, findAll, make } from "./dom.js";

const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]";
// Controls that take these keys themselves.
const OWN = { " ": "button, a, summary, input, [role=slider]", Enter: "*" };
const NAMES = { " ": "space" };

export function startKeys() {
  const dialog = find("[data-keys]");
  document.addEventListener("keydown", (event) => press(event, dialog));
  for (const button of findAll("[data-keys-open]"))
    button.addEventListener("click", () => open(dialog));
}

function press(event, dialog) {
  const { key, ctrlKey, metaKey, altKey, target } = event;
  if (ctrlKey || metaKey || altKey || event.repeat || dialog.open) return;
  if (target.closest(TYPING) || target.closest(OWN[key] ?? "none")) return;
  const control = controlOf(NAMES[key] ?? key);
  if (!control) return;
  event.preventDefault();
  use(control);
}

function controlOf(name) {
  return findAll("[data-shortcut]").find(({ dataset, hidden }) => dataset.shortcut === name && !hidden);
}

// Fields are gone to, groups too (to their first control); all else is pressed.
function use(control) {
  if (control.matches("fieldset")) return find("input:not([type=hidden])", control).focus();
  if (!control.matches(TYPING)) return control.click();
  control.focus();
  control.select?.();
}

function open(dialog) {
  const keys = findAll("[data-shortcut]").filter(({ hidden }) => !hidden);
  const lines = keys.map(({ dataset }) =>
    make("div", "", make("dt", "", make("kbd", "", dataset.shortcut)), make("dd", "", dataset.shortcutWords)),
  );
  find("[data-keys-list]", dialog).replaceChildren(...lines);
  dialog.showModal();
}
