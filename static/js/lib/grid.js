// What was liquidated, in time bins by price bins: loaded from the API, grown by live rows.

const STRIDE = 4096;
const MOST_TIME_BINS = 500;
// Beyond these parts of the cells the colour stays the same, so that a few do not blind the rest.
const LOW_QUANTILE = 0.05;
const TOP_QUANTILE = 0.995;

export class Grid {
  #cells = new Map();
  // One array a price bin, one entry a time bin: log10 of dollars, null where there is none.
  rows = [];

  // Take an answer of the API, its bins merged until no more than `most` are left of a kind.
  load(answer, most) {
    const { time, price } = answer;
    this.merged = {
      time: Math.max(1, Math.ceil(time.count / most.times)),
      price: Math.max(1, Math.ceil(price.count / most.prices)),
    };
    this.exchanges = answer.exchanges;
    this.step = time.step_seconds * 1000 * this.merged.time;
    this.start = Date.parse(time.start);
    this.count = Math.ceil(time.count / this.merged.time);
    this.price = {
      start: price.start,
      step: price.step * this.merged.price,
      count: Math.ceil(price.count / this.merged.price),
    };
    this.from = Date.parse(answer.start);
    this.totals = { ...answer.totals };
    this.perExchange = Object.fromEntries(
      Object.entries(answer.per_exchange).map(([name, part]) => [name, { ...part }]),
    );
    this.completeness = answer.completeness;
    this.isLowerBound = answer.is_lower_bound;
    this.storedSince = answer.stored_since;
    this.#empty();
    for (const column of answer.cells) this.#fill(column);
  }

  // Count a live row. Returns false when only a new answer of the API can show it.
  add(row) {
    const time = Date.parse(row.exchange_time);
    if (row.liquidation_type === "adl" || time < this.from) return true;
    if (!this.exchanges.includes(row.exchange)) return true;
    this.#count(row);
    const timeIndex = Math.floor((time - this.start) / this.step);
    const priceIndex = Math.floor((row.price - this.price.start) / this.price.step);
    if (timeIndex < 0 || priceIndex < 0 || priceIndex >= this.price.count) return false;
    if (timeIndex >= MOST_TIME_BINS) return false;
    this.#lengthen(timeIndex + 1);
    this.#put(row.exchange, row.side, timeIndex, priceIndex, row.value_usd);
    return true;
  }

  get isEmpty() {
    return this.rows.every((row) => row.every((value) => value === null));
  }

  // Return [{exchange, long, short}] of one cell, the largest first.
  shares(timeIndex, priceIndex) {
    const key = timeIndex * STRIDE + priceIndex;
    return this.exchanges
      .map((exchange) => {
        const { long, short } = this.#cells.get(exchange);
        return { exchange, long: long.get(key) ?? 0, short: short.get(key) ?? 0 };
      })
      .filter(({ long, short }) => long + short > 0)
      .sort((a, b) => b.long + b.short - a.long - a.short);
  }

  // Call `visit(exchange, side, timeIndex, dollars)` for every cell that holds value.
  visit(visit) {
    for (const [exchange, sides] of this.#cells)
      for (const side of ["long", "short"])
        for (const [key, dollars] of sides[side])
          visit(exchange, side, Math.floor(key / STRIDE), dollars);
  }

  limits() {
    return limitsOf(this.rows);
  }

  #empty() {
    this.#cells.clear();
    for (const exchange of this.exchanges)
      this.#cells.set(exchange, { long: new Map(), short: new Map() });
    this.rows.length = this.price.count;
    for (let index = 0; index < this.price.count; index++) {
      const row = (this.rows[index] ??= []);
      row.length = this.count;
      row.fill(null);
    }
  }

  #fill({ exchange, side, time_index, price_index, value_usd }) {
    for (let i = 0; i < value_usd.length; i++) {
      const timeIndex = Math.floor(time_index[i] / this.merged.time);
      const priceIndex = Math.floor(price_index[i] / this.merged.price);
      this.#put(exchange, side, timeIndex, priceIndex, value_usd[i]);
    }
  }

  #lengthen(count) {
    if (count <= this.count) return;
    for (const row of this.rows) while (row.length < count) row.push(null);
    this.count = count;
  }

  #put(exchange, side, timeIndex, priceIndex, dollars) {
    if (!dollars) return;
    const cells = this.#cells.get(exchange)[side];
    const key = timeIndex * STRIDE + priceIndex;
    cells.set(key, (cells.get(key) ?? 0) + dollars);
    const row = this.rows[priceIndex];
    const before = row[timeIndex] === null ? 0 : 10 ** row[timeIndex];
    row[timeIndex] = Math.log10(before + dollars);
  }

  #count(row) {
    for (const totals of [this.totals, this.perExchange[row.exchange]]) {
      totals[row.side] += row.value_usd ?? 0;
      totals.count += 1;
      totals.unknown_value_count += row.value_usd === null ? 1 : 0;
    }
  }
}

// Return the ends of the colour scale in log10 of dollars, null when nothing holds value.
export function limitsOf(rows) {
  const values = Float64Array.from(rows.flat().filter((value) => value !== null)).sort();
  if (!values.length) return null;
  return [LOW_QUANTILE, TOP_QUANTILE].map((part) => values[Math.floor((values.length - 1) * part)]);
}
