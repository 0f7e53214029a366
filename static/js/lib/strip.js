// The strip of totals: the hours up to now, and the largest liquidation of a day.

import { find, findAll, say, show } from "./dom.js";
import { price, side, usd } from "./format.js";
import { Received } from "./received.js";

const HOUR_MS = 3_600_000;
const LONGEST = "24h";

export class Strip {
  #windows = {};
  #received = new Received();

  constructor(venues) {
    this.venues = venues;
    this.element = find("[data-strip]");
  }

  // Take an answer of `GET /liquidations/summary`.
  load({ windows, received_until }) {
    this.#received.load(received_until);
    this.#windows = windows;
    this.tell();
  }

  // Count a live row in every window that holds it; what grew too old goes with the next answer.
  add(row) {
    if (this.#received.counts(row)) return;
    const age = Date.now() - Date.parse(row.exchange_time);
    for (const [name, window] of Object.entries(this.#windows))
      if (age < parseInt(name, 10) * HOUR_MS) count(window, row);
  }

  clear() {
    this.#windows = {};
    this.element.hidden = true;
  }

  tell() {
    const isKnown = LONGEST in this.#windows;
    this.element.hidden = !isKnown;
    if (!isKnown) return;
    for (const part of findAll("[data-window]", this.element))
      tellWindow(part, this.#windows[part.dataset.window]);
    this.#tellLargest(this.#windows[LONGEST]);
  }

  #tellLargest({ largest, totals }) {
    const part = find("[data-largest]", this.element);
    show("[data-least]", totals.is_lower_bound && largest !== null, part);
    say(find("[data-value]", part), largest ? usd(largest.value_usd) : "none");
    say(find("[data-of]", part), largest ? this.#of(largest) : "");
  }

  #of({ exchange, side: name, price: at }) {
    return `${this.venues[exchange].display_name} ${side(name)} ${price(at)}`;
  }
}

function count(window, row) {
  const { totals } = window;
  totals[row.side] += row.value_usd ?? 0;
  totals.count += 1;
  if ((row.value_usd ?? 0) > (window.largest?.value_usd ?? 0)) window.largest = row;
}

function tellWindow(part, { totals }) {
  show("[data-least]", totals.is_lower_bound, part);
  say(find("[data-sum]", part), usd(totals.long + totals.short));
  say(find("[data-long]", part), usd(totals.long));
  say(find("[data-short]", part), usd(totals.short));
  for (const name of ["long", "short"])
    find("[data-window-split]", part).style.setProperty(`--${name}-usd`, totals[name]);
}
