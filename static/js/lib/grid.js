// What was liquidated, in time bins by price bins: loaded from the API, grown by live rows.

import { Cells } from "./cells.js";
import { Received } from "./received.js";
import { isCounted } from "./selection.js";

const MOST_TIME_BINS = 500;

export class Grid extends Cells {
  #received = new Received();

  load(answer, most) {
    this.#received.load(answer.received_until);
    this.totals = { ...answer.totals };
    this.perExchange = Object.fromEntries(
      Object.entries(answer.per_exchange).map(([name, part]) => [name, { ...part }]),
    );
    this.completeness = answer.completeness;
    this.isLowerBound = answer.is_lower_bound;
    this.storedSince = answer.stored_since;
    this.loadCells(answer, most);
  }

  // Count a live row. Returns false when only a new answer of the API can show it.
  add(row) {
    const time = Date.parse(row.exchange_time);
    if (!isCounted(row) || time < this.from || !this.exchanges.includes(row.exchange)) return true;
    if (this.#received.counts(row)) return true;
    this.#count(row);
    // Where a position was opened, not where it was closed.
    if (row.price_kind === "entry") return true;
    const timeIndex = Math.floor((time - this.start) / this.step);
    const priceIndex = Math.floor((row.price - this.price.start) / this.price.step);
    if (timeIndex < 0 || priceIndex < 0 || priceIndex >= this.price.count) return false;
    if (timeIndex >= MOST_TIME_BINS) return false;
    this.lengthen(timeIndex + 1);
    this.put(row.exchange, row.side, timeIndex, priceIndex, row.value_usd);
    return true;
  }

  #count(row) {
    for (const totals of [this.totals, this.perExchange[row.exchange]]) {
      totals[row.side] += row.value_usd ?? 0;
      totals.count += 1;
      totals.unknown_value_count += row.value_usd === null ? 1 : 0;
    }
  }
}
