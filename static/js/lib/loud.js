// What is said to those who do not see the tape: how much was large, once a minute at most.

import { say } from "./dom.js";

export const LARGE_USD = 1e6;
const MINUTE_MS = 60_000;

export class Loud {
  #count = 0;
  #timer = 0;

  constructor(line) {
    this.line = line;
  }

  hear(rows) {
    this.#count += rows.filter(({ value_usd }) => value_usd >= LARGE_USD).length;
    if (this.#count && !this.#timer) this.#timer = setTimeout(() => this.#tell(), MINUTE_MS);
  }

  #tell() {
    const what = this.#count === 1 ? "liquidation" : "liquidations";
    say(this.line, `${this.#count} ${what} of at least $1M in the last minute`);
    this.#count = this.#timer = 0;
  }
}
