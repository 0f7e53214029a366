// The map's tooltip: a price step, what it holds, each venue's part, and the sums up to it.

import { find, make, swatch } from "./dom.js";
import { amount, distance, price, share, side } from "./format.js";
import { placeBeside } from "./tooltip.js";

export class MapTooltip {
  // `answer()` returns what is drawn.
  constructor(chart, venues, answer) {
    Object.assign(this, { venues, answer });
    this.element = find("[data-tooltip]");
    chart.on("plotly_hover", ({ points, event }) => this.#show(points[0].pointNumber, event));
    chart.on("plotly_unhover", () => (this.element.hidden = true));
  }

  #show(index, event) {
    const level = this.answer().levels[index];
    if (!level) return;
    this.element.replaceChildren(...this.#content(level, this.answer()));
    this.element.hidden = false;
    placeBeside(this.element, event);
  }

  #content(level, { unit }) {
    const { long, short, cumulative_long, cumulative_short } = level;
    const sides = Object.entries({ long, short }).filter(([, value]) => value);
    const sums = { long: cumulative_long, short: cumulative_short };
    return [
      make("p", "where", `${price(level.price_low)} – ${price(level.price_high)}`),
      make("p", "when", `${distance(level.distance_pct)}, ${level.band}-equivalent`),
      make("p", "sum", `predicted ${amount(long + short, unit)}`),
      ...sides.map(([name, value]) => make("p", name, `${side(name)} ${amount(value, unit)}`)),
      ...sides.map(([name]) =>
        make("p", "curve", `${side(name)} from the price to here ${amount(sums[name], unit)}`),
      ),
      make("ul", "", ...this.#parts(level, unit)),
      make("p", "when", "an estimate"),
    ];
  }

  #parts({ exchange_breakdown, long, short }, unit) {
    return Object.entries(exchange_breakdown)
      .map(([exchange, sides]) => ({ exchange, value: sides.long + sides.short }))
      .sort((a, b) => b.value - a.value)
      .map(({ exchange, value }) => {
        const { color, display_name } = this.venues[exchange];
        const bar = make("i");
        bar.style.setProperty("--venue", color);
        bar.style.width = `${(100 * value) / (long + short)}%`;
        const texts = [make("span", "", display_name), make("b", "", amount(value, unit))];
        const part = make("span", "", share(value, { long, short }));
        return make("li", "", swatch(color), ...texts, part, bar);
      });
  }
}
