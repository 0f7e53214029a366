// The part of the charts that a person dragged open; both share its time range.

import { find, show } from "./dom.js";

export class Zoom {
  time = null;
  price = null;
  #followed = new Set();

  constructor(onChange) {
    this.onChange = onChange;
    find("[data-whole]").addEventListener("click", () => this.#back());
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
