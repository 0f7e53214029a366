// Where on the screen a moment and a price are, and which ones a point of the screen is.

import { MARGIN } from "./plot.js";

export class Plane {
  // `chart` is the element that Plotly fills.
  constructor(chart) {
    this.chart = chart;
  }

  // Note the ranges that are drawn, and the part of the width that is time.
  set(time, price, [, part]) {
    Object.assign(this, { time, price, part });
  }

  // Return {time, price} of a point of the screen; time is null beside the time axis.
  // Null outside of the plot.
  at({ clientX, clientY }) {
    if (!this.time) return null;
    const { left, top } = this.chart.getBoundingClientRect();
    const across = (clientX - left - MARGIN.l) / this.#width;
    const down = (clientY - top - MARGIN.t) / this.#height;
    if (across < 0 || across > 1 || down < 0 || down > 1) return null;
    const time = across > this.part ? null : between(this.time, across / this.part);
    return { time, price: between(this.price, 1 - down) };
  }

  // Return the pixels {left, top} of a moment and a price within the chart.
  place(time, price) {
    return {
      left: MARGIN.l + this.#width * this.part * partOf(this.time, time),
      top: MARGIN.t + this.#height * (1 - partOf(this.price, price)),
    };
  }

  // Return the pixels {left, width} of a span of time, cut to what is shown.
  stretch(start, end) {
    const [from, to] = this.time.map(Number);
    const left = this.place(clamp(start, from, to), this.price[0]).left;
    return { left, width: this.place(clamp(end, from, to), this.price[0]).left - left };
  }

  // Return how many of these cells there is room for.
  room({ width, height }) {
    const { clientWidth, clientHeight } = this.chart;
    return { times: Math.ceil(clientWidth / width), prices: Math.ceil(clientHeight / height) };
  }

  get #width() {
    return this.chart.clientWidth - MARGIN.l - MARGIN.r;
  }

  get #height() {
    return this.chart.clientHeight - MARGIN.t - MARGIN.b;
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function between([low, high], part) {
  return Number(low) + (high - low) * part;
}

function partOf([low, high], value) {
  return (value - low) / (high - low);
}
