// Candles over the heatmap, hollow up and solid down, and where the last one closed.

import { price } from "./format.js";

export class Candles {
  #columns = { x: [], open: [], high: [], low: [], close: [] };

  constructor() {
    this.trace = { type: "candlestick", hoverinfo: "skip", ...this.#columns };
  }

  // Take an answer of the API and the seconds of its interval; null: there are none.
  load(answer, seconds) {
    const rows = answer?.data ?? [];
    this.exchange = answer?.exchange ?? null;
    // The last one is still being made: it ends after what is known.
    this.end = rows.length ? Date.parse(rows.at(-1).timestamp) + seconds * 1000 : -Infinity;
    rows.forEach((row, index) => {
      this.#columns.x[index] = Date.parse(row.timestamp) + seconds * 500;
      for (const name of ["open", "high", "low", "close"])
        this.#columns[name][index] = row[name];
    });
    for (const column of Object.values(this.#columns)) column.length = rows.length;
    this.revision = (this.revision ?? 0) + 1;
  }

  get isEmpty() {
    return !this.#columns.x.length;
  }

  // Return where the newest candle closed, null without candles.
  get last() {
    return this.#columns.close.at(-1) ?? null;
  }

  // Return [lowest, highest], null without candles.
  get range() {
    if (this.isEmpty) return null;
    return [Math.min(...this.#columns.low), Math.max(...this.#columns.high)];
  }

  styled(colors) {
    const line = (color, fillcolor) => ({ line: { color, width: 1.2 }, fillcolor });
    return Object.assign(this.trace, {
      increasing: line(colors["candle-up"], faded(colors.panel, 0.6)),
      decreasing: line(colors["candle-down"], faded(colors["candle-down"], 0.8)),
      whiskerwidth: 0,
    });
  }
}

// Return a colour through which the cells below can be told: `rgb(..)` with so much of itself.
function faded(color, part) {
  return color.replace("rgb(", "rgba(").replace(")", `, ${part})`);
}

// Return the line at a price over the whole plot, and its label on the axis.
export function lastPrice(at, colors) {
  if (at === null) return { shapes: [], annotations: [] };
  const line = { color: colors.text, width: 1, dash: "dot" };
  const place = { xref: "paper", x: 1, yref: "y", y: at, xanchor: "left" };
  const label = {
    ...place,
    text: price(at),
    showarrow: false,
    bgcolor: colors.text,
    borderpad: 2,
    font: { color: colors.panel, size: 11 },
  };
  const shape = { type: "line", xref: "paper", yref: "y", x0: 0, x1: 1, y0: at, y1: at, line };
  return { shapes: [{ ...shape, opacity: 0.8 }], annotations: [label] };
}
