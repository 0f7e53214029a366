// Our own tooltip: where, when, how much, and each venue's share.

import { make, swatch } from "./dom.js";
import { clock, price, share, side, usd } from "./format.js";
import { civil, zoneWord } from "./zone.js";

const GAP = 14;
const DAY_MS = 86_400_000;

export class Tooltip {
  constructor(element, chart, grid, venues) {
    Object.assign(this, { element, grid, venues });
    chart.on("plotly_hover", ({ points, event }) => this.#show(points[0], event));
    chart.on("plotly_unhover", () => (element.hidden = true));
  }

  #show(point, event) {
    const [priceIndex, timeIndex] = point.pointIndex;
    const shares = this.grid.shares(timeIndex, priceIndex);
    if (!shares.length) return;
    this.element.replaceChildren(...this.#content(timeIndex, priceIndex, shares));
    this.element.hidden = false;
    placeBeside(this.element, event);
  }

  #content(timeIndex, priceIndex, shares) {
    const { grid } = this;
    const low = grid.price.start + priceIndex * grid.price.step;
    const start = grid.start + timeIndex * grid.step;
    const sum = { long: add(shares, "long"), short: add(shares, "short") };
    const isAtLeast = shares.some(({ exchange }) => grid.completeness[exchange] !== "complete");
    return [
      make("p", "where", `${price(low)} – ${price(low + grid.price.step)}`),
      make("p", "when", `${range(start, start + grid.step)} ${zoneWord(start)}`),
      make("p", "sum", `${isAtLeast ? "at least " : ""}${usd(sum.long + sum.short)}`),
      make("p", "sides", ...sides(sum)),
      make("ul", "", ...shares.map((part) => this.#line(part, sum))),
    ];
  }

  #line({ exchange, long, short }, sum) {
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
      make("b", "", usd(long + short)),
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

function add(shares, name) {
  return shares.reduce((sum, part) => sum + part[name], 0);
}

function sides(sum) {
  return ["long", "short"]
    .filter((name) => sum[name])
    .map((name) => make("span", name, `${side(name)} ${usd(sum[name])}`));
}

function range(start, end) {
  if (end - start >= DAY_MS) return `${day(start)} – ${day(end)}`;
  return `${day(start)} ${clock(start)} – ${clock(end)}`;
}

function day(time) {
  return civil(time).slice(0, 10);
}
