// Our own tooltip: where, when, how much, and each venue's share.

import { make, swatch } from "./dom.js";
import { clock, price, share, side, usd } from "./format.js";
import { civil, zoneWord } from "./zone.js";

const GAP = 14;
const DAY_MS = 86_400_000;
const MOST_LINES = 6;

export class Tooltip {
  constructor(element, venues) {
    Object.assign(this, { element, venues });
  }

  // Show a cell {start, end, low, high, observed, completeness} beside a point of the screen.
  // Optional: `predicted` like `observed`, its `unit`, and `notes`, which are sentences.
  show(cell, point) {
    this.element.replaceChildren(...this.#content(cell));
    this.element.hidden = false;
    placeBeside(this.element, point);
  }

  hide() {
    this.element.hidden = true;
  }

  #content(cell) {
    const { observed, predicted, completeness, unit, notes = [] } = cell;
    const parts = [make("p", "where", prices(cell)), make("p", "when", times(cell))];
    if (predicted) {
      parts.push(make("p", "sum", `Predicted ${amount(both(predicted), unit)}, estimated`));
      parts.push(...this.#shares(predicted, unit));
    }
    if (observed?.length || !predicted) {
      const words = `${predicted ? "Observed " : ""}${least(observed, completeness)}`;
      parts.push(make("p", "sum", `${words}${usd(both(observed))}`));
      parts.push(...this.#shares(observed));
    }
    return [...parts, ...notes.map((words) => make("p", "note", words))];
  }

  #shares(shares, unit) {
    if (!shares.length) return [];
    const sum = { long: add(shares, "long"), short: add(shares, "short") };
    const lines = shares.slice(0, MOST_LINES).map((part) => this.#line(part, sum, unit));
    const rest = shares.slice(MOST_LINES);
    if (rest.length)
      lines.push(make("li", "rest", `${rest.length} more: ${amount(both(rest), unit)}`));
    return [make("p", "sides", ...sides(sum, unit)), make("ul", "", ...lines)];
  }

  #line({ exchange, long, short }, sum, unit) {
    const { color, display_name } = this.venues[exchange];
    const part = share(long + short, sum);
    const bar = make("i");
    bar.style.setProperty("--venue", color);
    bar.style.width = `${(100 * (long + short)) / (sum.long + sum.short)}%`;
    return make(
      "li",
      "",
      swatch(color),
      make("span", "", display_name),
      make("b", "", amount(long + short, unit)),
      make("span", "", part),
      bar,
    );
  }
}

// Put a tooltip beside the pointer, on the side that has room.
export function placeBeside(element, { clientX, clientY }) {
  const frame = element.parentElement.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const right = clientX - frame.left + GAP;
  const x = right + width > frame.width ? right - width - 2 * GAP : right;
  const y = Math.min(Math.max(0, clientY - frame.top - height / 2), frame.height - height);
  element.style.transform = `translate(${Math.max(0, x)}px, ${y}px)`;
}

// Write dollars, or a part of all where the unit is `share`.
export function amount(value, unit = "usd") {
  return unit === "share" ? `${(100 * value).toPrecision(3)}\u00a0% of all` : usd(value);
}

// Write `at least ` where a venue in it shows only part of what it liquidates.
export function least(shares, completeness) {
  return shares.some(({ exchange }) => completeness[exchange] !== "complete") ? "at least " : "";
}

export function both(shares) {
  return add(shares, "long") + add(shares, "short");
}

export function prices({ low, high }) {
  return `${price(low)} – ${price(high)}`;
}

export function times({ start, end }) {
  if (end - start >= DAY_MS) return `${day(start)} – ${day(end)} ${zoneWord(start)}`;
  return `${day(start)} ${clock(start)} – ${clock(end)} ${zoneWord(start)}`;
}

function add(shares, name) {
  return shares.reduce((sum, part) => sum + part[name], 0);
}

function sides(sum, unit) {
  return ["long", "short"]
    .filter((name) => sum[name])
    .map((name) => make("span", name, `${side(name)} ${amount(sum[name], unit)}`));
}

function day(time) {
  return civil(time).slice(0, 10);
}
