// Reading the chart cell by cell, with the pointer or the arrow keys; a click or Enter explains.

import { find, say } from "./dom.js";
import { amount, both, prices, times } from "./tooltip.js";

const STEADY_PX = 4;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Reading {
  #pressed = null;
  // {time, price} in the keyboard's cell, null before the first key.
  #cursor = null;

  // `heat` is the chart; `describe(cell)` returns what the tooltip shows; `explain(cell)` opens.
  constructor(heat, tooltip, { describe, explain }) {
    Object.assign(this, { heat, tooltip, describe, explain });
    const { element } = heat;
    this.outline = find("[data-outline]");
    element.addEventListener("pointermove", (event) => this.#point(event));
    element.addEventListener("pointerleave", () => this.#leave());
    element.addEventListener("pointerdown", (event) => (this.#pressed = event));
    // The chart covers itself while a button is down: the release is told to the window only.
    window.addEventListener("pointerup", (event) => this.#release(event));
    element.addEventListener("keydown", (event) => this.#press(event));
    element.addEventListener("blur", () => this.#leave());
  }

  #point(event) {
    const cell = event.buttons ? null : this.#cellAt(event);
    if (!cell) return this.#leave();
    this.#frame(cell);
    this.tooltip.show(this.describe(cell), event);
  }

  #release(event) {
    const pressed = this.#pressed;
    this.#pressed = null;
    if (!pressed || pressed.button !== 0) return;
    const way = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY);
    const cell = way < STEADY_PX ? this.#cellAt(pressed) : null;
    if (cell) this.explain(cell);
  }

  #cellAt(event) {
    const place = this.heat.plane.at(event);
    const { field } = this.heat;
    if (!place || place.time === null || !field?.count) return null;
    const found = field.at(place.time, place.price);
    return found && this.#cell(found);
  }

  #cell([timeIndex, priceIndex]) {
    return { timeIndex, priceIndex, ...this.heat.field.box(timeIndex, priceIndex) };
  }

  #press(event) {
    if (event.key === "Escape") return this.#leave();
    const { field } = this.heat;
    if (!field?.count || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && this.#cursor) this.explain(this.#cell(this.#indexes(field)));
    else if (STEPS[event.key]) this.#move(STEPS[event.key], field);
    else return;
    event.preventDefault();
  }

  #move([right, up], field) {
    const [time, price] = this.#indexes(field);
    const within = (index, count) => Math.min(Math.max(index, 0), count - 1);
    const indexes = [within(time + right, field.count), within(price + up, field.price.count)];
    const cell = this.#cell(indexes);
    this.#cursor = { time: (cell.start + cell.end) / 2, price: (cell.low + cell.high) / 2 };
    const told = this.describe(cell);
    const { left, top } = this.#frame(cell);
    const chart = this.heat.element.getBoundingClientRect();
    this.tooltip.show(told, { clientX: chart.left + left, clientY: chart.top + top });
    say(find("[data-reading]"), words(told));
  }

  // Return where the cursor is; it begins at the last price of the newest column.
  #indexes(field) {
    const found = this.#cursor && field.at(this.#cursor.time, this.#cursor.price);
    if (found) return found;
    const last = field.at(field.start, this.heat.candles.last ?? 0);
    return [field.count - 1, last?.[1] ?? Math.floor(field.price.count / 2)];
  }

  // Put the outline around a cell; return its right upper corner in pixels.
  #frame({ start, end, low, high }) {
    const from = this.heat.plane.place(start, high);
    const to = this.heat.plane.place(end, low);
    Object.assign(this.outline.style, {
      transform: `translate(${from.left}px, ${from.top}px)`,
      width: `${to.left - from.left}px`,
      height: `${to.top - from.top}px`,
    });
    this.outline.hidden = false;
    return { left: to.left, top: from.top };
  }

  #leave() {
    this.tooltip.hide();
    this.outline.hidden = true;
  }
}

function words(told) {
  const { predicted, observed, unit } = told;
  const parts = [prices(told), times(told)];
  if (predicted) parts.push(`predicted ${amount(both(predicted), unit)}`);
  if (observed) parts.push(`observed ${amount(both(observed))}`);
  return parts.join(", ");
}
