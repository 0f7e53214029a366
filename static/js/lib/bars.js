// Stacked bars under the heatmap: dollars per time bin and exchange, longs up, shorts down.
/* global Plotly */

import { find, make, say, swatch } from "./dom.js";
import { span, usd } from "./format.js";
import { CONFIG, layout, theme, verticalAxis } from "./plot.js";
import { roundStep } from "./steps.js";

export class Bars {
  #traces = new Map();
  #revision = 0;

  constructor(element, grid, venues) {
    Object.assign(this, { element, grid, venues });
  }

  async draw(zoom) {
    const { grid } = this;
    this.#fill();
    const colors = theme();
    const traces = this.#shown(colors);
    const highest = heights(traces, 1);
    const lowest = heights(traces, -1);
    const shape = layout(colors, {
      grid,
      zoom,
      revision: ++this.#revision,
      barmode: "relative",
      bargap: 0.12,
      hovermode: false,
      yaxis: verticalAxis(colors, {
        ...ticks(highest, lowest),
        fixedrange: true,
        zeroline: true,
        zerolinecolor: colors.muted,
      }),
      annotations: [label("▼ longs", 1, colors.long), label("▲ shorts", 0, colors.short)],
    });
    await Plotly.react(this.element, traces, shape, CONFIG);
    zoom.follow(this.element, false);
    say(find("[data-bar-step]"), span(grid.step / 1000));
  }

  // Write the legend: the shown venues with their colours.
  tellLegend() {
    const items = this.grid.exchanges.map((exchange) => {
      const { color, display_name } = this.venues[exchange];
      return make("li", "", swatch(color), display_name);
    });
    find("[data-legend]").replaceChildren(...items);
  }

  #fill() {
    const { grid } = this;
    for (const exchange of grid.exchanges)
      for (const side of ["long", "short"]) {
        const { x, y } = this.#trace(exchange, side);
        x.length = y.length = grid.count;
        y.fill(null);
        for (let i = 0; i < grid.count; i++) x[i] = grid.start + (i + 0.5) * grid.step;
      }
    grid.visit((exchange, side, timeIndex, dollars) => {
      const sign = side === "long" ? 1 : -1;
      this.#trace(exchange, side).y[timeIndex] += sign * dollars;
    });
  }

  #trace(exchange, side) {
    const key = `${exchange} ${side}`;
    if (!this.#traces.has(key)) this.#traces.set(key, { type: "bar", x: [], y: [] });
    return this.#traces.get(key);
  }

  #shown(colors) {
    return this.grid.exchanges.flatMap((exchange) =>
      ["long", "short"].map((side) =>
        Object.assign(this.#trace(exchange, side), {
          width: this.grid.step * 0.88,
          marker: { color: this.venues[exchange].color, line: { color: colors.edge, width: 0.5 } },
        }),
      ),
    );
  }
}

// Return the highest stack of one sign, as a positive number.
function heights(traces, sign) {
  const sums = [];
  for (const { y } of traces)
    y.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + Math.max(0, sign * value)));
  return sums.reduce((most, value) => Math.max(most, value), 0);
}

// Return range and labels of an axis that shows dollars in both directions as positive.
function ticks(highest, lowest) {
  const span = highest + lowest || 1;
  const step = roundStep(span / 4);
  const tickvals = [];
  for (let value = -Math.floor(lowest / step); value <= highest / step; value++)
    tickvals.push(value * step);
  const ticktext = tickvals.map((value) => usd(Math.abs(value)).replace(/\.0+(?=\D*$)/, ""));
  return { tickvals, ticktext, range: [-1.1 * lowest - 0.04 * span, 1.1 * highest + 0.04 * span] };
}

function label(text, y, color) {
  return {
    text,
    x: 0,
    y,
    xref: "paper",
    yref: "paper",
    xanchor: "left",
    yanchor: y ? "top" : "bottom",
    showarrow: false,
    font: { color },
  };
}
