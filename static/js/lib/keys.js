// Single keys that do what a button does; none while a person types or stands on a control.

const CONTROLS = "input, select, textarea, button, a, summary, [contenteditable]";

// `actions` is {key: function}, the space bar being " ".
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const act = actions[key];
    if (!act || ctrlKey || metaKey || altKey || target.closest(CONTROLS)) return;
    event.preventDefault();
    act();
  });
}
