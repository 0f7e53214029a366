// The time axis that the charts share, and the part of them that a person dragged open.

import { find, show } from "./dom.js";
import { narrow } from "./plot.js";

// So much of the width is time where there is room for the profile beside it.
const TIME_PART = 0.87;

export class Zoom {
  time = null;
  price = null;
  // The whole range, null where the data tell it.
  whole = null;
  #followed = new Set();

  constructor(onChange) {
    this.onChange = onChange;
    find("[data-whole]").addEventListener("click", () => this.#back());
  }

  get domain() {
    return [0, narrow() ? 1 : TIME_PART];
  }

  reset() {
    this.#set(null, null);
  }

  // Listen to a drawn chart, once; `hasPrice` where its vertical axis is price.
  follow(chart, hasPrice) {
    if (this.#followed.has(chart)) return;
    this.#followed.add(chart);
    chart.on("plotly_doubleclick", () => this.#back());
    chart.on("plotly_relayout", (change) => {
      const time = rangeOf(change, "xaxis");
      const price = hasPrice ? rangeOf(change, "yaxis") : null;
      if (!time && !price) return;
      this.#set(time ?? this.time, price ?? this.price);
      this.onChange();
    });
  }

  #back() {
    this.reset();
    this.onChange();
  }

  #set(time, price) {
    Object.assign(this, { time, price });
    show("[data-whole]", time !== null || price !== null);
  }
}

function rangeOf(change, axis) {
  const low = change[`${axis}.range[0]`];
  return low === undefined ? null : [low, change[`${axis}.range[1]`]];
}
