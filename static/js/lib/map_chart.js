// The map: bars by price, stacked, and the sums from the price outwards on an axis of their own.
/* global Plotly */

import { find, make, swatch } from "./dom.js";
import { marks } from "./map_marks.js";
import { CONFIG, narrow, theme, verticalAxis } from "./plot.js";

// Two lines of words stand above.
const MARGIN = { l: 58, r: 66, t: 40, b: 34 };
const SIDES = ["long", "short"];

export class MapChart {
  #revision = 0;
  #bars = new Map();
  #curves = Object.fromEntries(SIDES.map((side) => [side, curve()]));
  #shape = null;

  constructor(element, venues, bands) {
    Object.assign(this, { element, venues, bands });
  }

  // Draw an answer of the API, stacked by `exchange` or by `leverage`; `last` is the price.
  async draw(answer, stack, last) {
    this.answer = answer;
    this.stack = stack;
    const colors = theme();
    this.#fill();
    this.#shape = this.#layout(colors);
    Object.assign(this.#shape, marks(this.answer, colors, last));
    await Plotly.react(this.element, this.#traces(colors), this.#shape, CONFIG);
  }

  // Move the line of the price.
  mark(last) {
    if (this.#shape) Plotly.relayout(this.element, marks(this.answer, theme(), last));
  }

  tellLegend() {
    const items = this.#parts().map(({ name, color }) => make("li", "", swatch(color), name));
    find("[data-legend]").replaceChildren(...items);
  }

  // Return [{key, name, color, value(level)}], what is stacked on what.
  #parts() {
    if (this.stack === "leverage")
      return this.answer.bands.map(({ band }) => ({
        key: band,
        name: band,
        color: this.bands[band].color,
        value: (level) => (level.band === band ? level.long + level.short : 0),
      }));
    return this.answer.exchanges.map((exchange) => ({
      key: exchange,
      name: this.venues[exchange].display_name,
      color: this.venues[exchange].color,
      value: ({ exchange_breakdown: { [exchange]: own } }) => (own ? own.long + own.short : 0),
    }));
  }

  #fill() {
    const { levels, reference_price: middle } = this.answer;
    for (const part of this.#parts()) {
      const { x, y } = this.#bar(part.key);
      x.length = y.length = levels.length;
      levels.forEach((level, at) => {
        x[at] = level.price;
        y[at] = part.value(level) || null;
      });
    }
    for (const side of SIDES) {
      const { x, y } = this.#curves[side];
      const own = levels.filter(({ price: at }) => at < middle === (side === "long"));
      const ends = own.map((level) => (side === "long" ? level.price_low : level.price_high));
      const sums = own.map((level) => level[`cumulative_${side}`]);
      x.splice(0, x.length, ...(side === "long" ? [...ends, middle] : [middle, ...ends]));
      y.splice(0, y.length, ...(side === "long" ? [...sums, 0] : [0, ...sums]));
    }
  }

  #bar(key) {
    if (!this.#bars.has(key))
      this.#bars.set(key, { type: "bar", x: [], y: [], hoverinfo: "none" });
    return this.#bars.get(key);
  }

  #traces(colors) {
    const bars = this.#parts().map(({ key, color }) =>
      Object.assign(this.#bar(key), {
        width: this.answer.price_bin_size * 0.92,
        marker: { color, line: { color: colors.edge, width: narrow() ? 0.3 : 0.5 } },
      }),
    );
    const curves = SIDES.map((side) =>
      Object.assign(this.#curves[side], { line: { color: colors[side], width: 2 } }),
    );
    return [...bars, ...curves];
  }

  #layout(colors) {
    const { price_range: range, unit } = this.answer;
    const axis = unit === "usd" ? { tickprefix: "$", tickformat: "~s" } : { tickformat: ".1~%" };
    return {
      margin: narrow() ? { ...MARGIN, l: 48, r: 52 } : MARGIN,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: "inherit", size: 11, color: colors.muted },
      barmode: "stack",
      hovermode: "x",
      dragmode: false,
      showlegend: false,
      separators: ".\u202f",
      datarevision: ++this.#revision,
      xaxis: {
        range: [range.min, range.max],
        gridcolor: colors.line,
        tickformat: ",~f",
        tickangle: 0,
        // So that its first label stays clear of the other axis's zero.
        ticklen: 6,
        tickcolor: "transparent",
        nticks: narrow() ? 5 : 12,
        zeroline: false,
        fixedrange: true,
      },
      yaxis: verticalAxis(colors, { ...axis, side: "left", fixedrange: true, rangemode: "tozero" }),
      yaxis2: verticalAxis(colors, {
        ...axis,
        overlaying: "y",
        tickmode: "auto",
        showgrid: false,
        fixedrange: true,
        rangemode: "tozero",
      }),
    };
  }
}

function curve() {
  return { type: "scatter", mode: "lines", x: [], y: [], yaxis: "y2", hoverinfo: "skip" };
}
