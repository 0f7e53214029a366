// What the price last was: a candle's close, until a fill tells a later one.

import { write } from "./dom.js";
import { clock, price } from "./format.js";

export class LastPrice {
  #isFill = false;
  value = null;

  constructor(venues) {
    this.venues = venues;
    this.forget();
  }

  forget() {
    this.#isFill = false;
    this.value = null;
    this.words = "";
  }

  // Take the close of the newest candle; null when that is long ago.
  close(value) {
    if (this.#isFill || value === null) return;
    this.value = value;
    this.words = "close of the newest candle";
  }

  // Take live rows: of these only fills are prices at which somebody traded.
  trade(rows, symbol) {
    const fills = rows.filter((row) => row.symbol === symbol && row.price_kind === "fill");
    if (!fills.length) return;
    const newest = fills.reduce((a, b) => (a.exchange_time > b.exchange_time ? a : b));
    const { display_name } = this.venues[newest.exchange];
    this.#isFill = true;
    this.value = newest.price;
    this.words = `last fill, ${display_name} ${clock(newest.exchange_time)}`;
  }

  tell() {
    write("[data-price]", this.value === null ? "unknown" : price(this.value));
    write("[data-price-of]", this.words);
  }
}
