// Finding and filling elements; venues' text only ever becomes text, never markup.

export function find(selector, root = document) {
  return root.querySelector(selector);
}

export function findAll(selector, root = document) {
  return [...root.querySelectorAll(selector)];
}

// Write a text into every match, touching only what changes.
export function write(selector, text, root = document) {
  for (const element of findAll(selector, root)) say(element, text);
}

export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

// Show or hide every match.
export function show(selector, isShown, root = document) {
  for (const element of findAll(selector, root)) element.hidden = !isShown;
}

// Build `<tag class>` around texts and elements.
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// Build the little square in a venue's colour.
export function swatch(color) {
  const element = make("span", "swatch");
  element.style.setProperty("--venue", color);
  return element;
}

export function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
