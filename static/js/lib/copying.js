// Buttons that copy: the page's address, or the text of an element.

import { find, findAll, say } from "./dom.js";

const SHOWN_MS = 2_000;

export function startCopying() {
  for (const button of findAll("[data-copy]")) {
    const words = button.textContent;
    button.addEventListener("click", async () => {
      const { copy: what } = button.dataset;
      const text = what === "address" ? location.href : document.getElementById(what).textContent;
      const told = (await copied(text)) ? "Copied" : "Not allowed here";
      say(button, told);
      say(find("[data-copied]"), told);
      setTimeout(() => say(button, words), SHOWN_MS);
    });
  }
}

// Browsers hand out the clipboard on secure pages only; on others the old way remains.
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(yes, no);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}

const yes = () => true;
const no = () => false;
