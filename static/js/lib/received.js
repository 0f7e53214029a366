// Which live rows an answer of the API counts already: those received until then, by exchange.

const RECENT_MS = 10_000;

export class Received {
  #until = {};

  // Take the `received_until` of an answer.
  load(until) {
    this.#until = Object.fromEntries(
      Object.entries(until).map(([exchange, time]) => [exchange, micros(time)]),
    );
  }

  counts({ exchange, received_time }) {
    return micros(received_time) <= (this.#until[exchange] ?? 0);
  }
}

// The live rows of the last seconds, to be counted again in an answer that was made before them.
export class Recent {
  #rows = [];

  add(rows) {
    const now = Date.now();
    const first = this.#rows.findIndex(({ at }) => now - at < RECENT_MS);
    this.#rows.splice(0, first < 0 ? this.#rows.length : first);
    for (const row of rows) this.#rows.push({ at: now, row });
  }

  get rows() {
    return this.#rows.map(({ row }) => row);
  }
}

// A date knows milliseconds only.
function micros(time) {
  const rest = /\.\d{3}(\d{3})/.exec(time)?.[1] ?? 0;
  return Date.parse(time) * 1000 + Number(rest);
}
