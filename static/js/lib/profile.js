// The price profile at the heatmap's right: bars by price, stacked per venue.

import { make, swatch } from "./dom.js";

// The smallest of more venues are one bar.
const MOST_VENUES = 8;
const OTHERS = "others";

export class Profile {
  #traces = new Map();
  #key = "";
  // {exchange: dollars per price bin}, the largest exchange first.
  #sums = new Map();

  constructor(venues) {
    this.venues = venues;
  }

  // Return traces on the second x axis: the newest predicted column, or all that was observed.
  traces(field, isPredicted, colors) {
    const key = `${isPredicted} ${field.revision}`;
    if (key !== this.#key) this.#fill(field, isPredicted ? newestOf(field) : null);
    this.#key = key;
    const { start, step, count } = field.price;
    return [...this.#sums].map(([exchange, sums]) => {
      const trace = this.#trace(exchange);
      trace.x.length = trace.y.length = count;
      for (let i = 0; i < count; i++) {
        trace.x[i] = sums[i];
        trace.y[i] = start + (i + 0.5) * step;
      }
      const color = this.venues[exchange]?.color ?? colors.muted;
      const line = { color: colors.edge, width: 0.5 };
      return Object.assign(trace, { width: step * 0.86, marker: { color, line } });
    });
  }

  // Return the legend of the venues that are in it.
  legend() {
    return [...this.#sums.keys()].map((exchange) => {
      const venue = this.venues[exchange];
      return make("li", "", swatch(venue?.color ?? "gray"), venue?.display_name ?? OTHERS);
    });
  }

  #fill(field, newest) {
    const sums = new Map();
    field.visit((exchange, side, timeIndex, dollars, priceIndex) => {
      if (newest !== null && timeIndex !== newest) return;
      if (!sums.has(exchange)) sums.set(exchange, new Float64Array(field.price.count));
      sums.get(exchange)[priceIndex] += dollars;
    });
    const total = (array) => array.reduce((sum, value) => sum + value, 0);
    const ranked = [...sums].sort((a, b) => total(b[1]) - total(a[1]));
    this.#sums = new Map(ranked.slice(0, MOST_VENUES));
    const rest = ranked.slice(MOST_VENUES);
    if (rest.length) this.#sums.set(OTHERS, added(rest.map(([, array]) => array)));
  }

  #trace(exchange) {
    if (!this.#traces.has(exchange)) {
      const axes = { xaxis: "x2", yaxis: "y", orientation: "h" };
      this.#traces.set(exchange, { type: "bar", x: [], y: [], hoverinfo: "skip", ...axes });
    }
    return this.#traces.get(exchange);
  }
}

// Return the newest time bin that holds something.
function newestOf(field) {
  let newest = -1;
  field.visit((exchange, side, timeIndex) => (newest = Math.max(newest, timeIndex)));
  return newest;
}

function added(arrays) {
  return arrays[0].map((_, index) => arrays.reduce((sum, array) => sum + array[index], 0));
}
