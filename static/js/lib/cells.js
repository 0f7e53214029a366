// Dollars in time bins by price bins, per exchange and side: as an answer of the API tells them.

const STRIDE = 4096;
const SIDES = ["long", "short"];
// Steps into which finer ones are merged, in seconds: each but the last divides those of the API.
const ROUND_SECONDS = [5, 10, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400];
// Beyond these parts of the cells the colour stays the same, so that a few do not blind the rest.
const LOW_QUANTILE = 0.05;
const TOP_QUANTILE = 0.995;

export class Cells {
  #cells = new Map();
  // One array a price bin, one entry a time bin: log10 of dollars, null where there is none.
  rows = [];
  // Grows with every change of a cell.
  revision = 0;
  exchanges = null;

  // Take the cells of an answer; bins are merged until about `most` are left of a kind.
  loadCells({ time, price, exchanges, cells, start, end }, most) {
    const step = time.step_seconds;
    const first = Math.floor(Date.parse(time.start) / 1000 / step);
    const seconds = mergedStep(step, (Date.parse(end) - Date.parse(start)) / 1000, most.times);
    const factor = seconds / step;
    const begin = Math.floor(first / factor);
    this.step = seconds * 1000;
    this.start = begin * this.step;
    this.count = time.count ? Math.floor((first + time.count - 1) / factor) - begin + 1 : 0;
    const prices = Math.max(1, Math.ceil(price.count / most.prices));
    this.price = {
      start: price.start,
      step: price.step * prices,
      count: Math.ceil(price.count / prices),
    };
    this.exchanges = exchanges;
    this.from = Date.parse(start);
    this.until = Date.parse(end);
    this.#empty();
    const timeOf = (index) => Math.floor((first + index) / factor) - begin;
    for (const column of cells) this.#fill(column, timeOf, (index) => Math.floor(index / prices));
  }

  get isEmpty() {
    return this.rows.every((row) => row.every((value) => value === null));
  }

  // Return the time from which to which cells may lie.
  get span() {
    return [this.start, this.start + this.count * this.step];
  }

  // Return [timeIndex, priceIndex] of a moment and a price, null outside of all cells.
  at(time, price) {
    const timeIndex = Math.floor((time - this.start) / this.step);
    const priceIndex = Math.floor((price - this.price.start) / this.price.step);
    const isInside =
      timeIndex >= 0 && timeIndex < this.count && priceIndex >= 0 && priceIndex < this.price.count;
    return isInside ? [timeIndex, priceIndex] : null;
  }

  // Return the edges {start, end, low, high} of a cell.
  box(timeIndex, priceIndex) {
    const start = this.start + timeIndex * this.step;
    const low = this.price.start + priceIndex * this.price.step;
    return { start, end: start + this.step, low, high: low + this.price.step };
  }

  // Return [{exchange, long, short}] of one cell, the largest first.
  shares(timeIndex, priceIndex) {
    return this.#sums([timeIndex * STRIDE + priceIndex]);
  }

  // Return the same of all cells whose middle lies in a box.
  within({ start, end, low, high }) {
    const times = range((start - this.start) / this.step, (end - this.start) / this.step);
    const { start: first, step } = this.price;
    const prices = range((low - first) / step, (high - first) / step);
    return this.#sums(times.flatMap((time) => prices.map((price) => time * STRIDE + price)));
  }

  // Call `visit(exchange, side, timeIndex, dollars, priceIndex)` for every cell that holds value.
  visit(visit) {
    for (const [exchange, sides] of this.#cells)
      for (const side of SIDES)
        for (const [key, dollars] of sides[side])
          visit(exchange, side, Math.floor(key / STRIDE), dollars, key % STRIDE);
  }

  limits() {
    return limitsOf(this.rows);
  }

  lengthen(count) {
    if (count <= this.count) return;
    for (const row of this.rows) while (row.length < count) row.push(null);
    this.count = count;
  }

  put(exchange, side, timeIndex, priceIndex, dollars) {
    if (!dollars) return;
    const cells = this.#cells.get(exchange)[side];
    const key = timeIndex * STRIDE + priceIndex;
    cells.set(key, (cells.get(key) ?? 0) + dollars);
    const row = this.rows[priceIndex];
    const before = row[timeIndex] === null ? 0 : 10 ** row[timeIndex];
    row[timeIndex] = Math.log10(before + dollars);
    this.revision += 1;
  }

  #sums(keys) {
    const parts = [];
    for (const exchange of this.exchanges) {
      const sides = this.#cells.get(exchange);
      const [long, short] = SIDES.map((side) =>
        keys.reduce((sum, key) => sum + (sides[side].get(key) ?? 0), 0),
      );
      if (long + short > 0) parts.push({ exchange, long, short });
    }
    return parts.sort((a, b) => b.long + b.short - a.long - a.short);
  }

  #empty() {
    this.revision += 1;
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

  #fill({ exchange, side, time_index, price_index, value_usd }, timeOf, priceOf) {
    for (let i = 0; i < value_usd.length; i++)
      this.put(exchange, side, timeOf(time_index[i]), priceOf(price_index[i]), value_usd[i]);
  }
}

// Return the ends of the colour scale in log10 of dollars, null when nothing holds value.
export function limitsOf(rows) {
  return quantiles(rows, [LOW_QUANTILE, TOP_QUANTILE]);
}

// Return the values below which these parts of the cells lie, null when nothing holds value.
export function quantiles(rows, parts) {
  const values = Float64Array.from(rows.flat().filter((value) => value !== null)).sort();
  if (!values.length) return null;
  return parts.map((part) => values[Math.floor((values.length - 1) * part)]);
}

// Return the step to which steps are merged, so that at most about `most` of them are in a range.
function mergedStep(step, range, most) {
  if (range / step <= most) return step;
  const fits = ROUND_SECONDS.filter((seconds) => seconds % step === 0);
  return fits.find((seconds) => range / seconds <= most) ?? fits.at(-1) ?? step;
}

// Return the indexes whose middles lie between two places.
function range(from, to) {
  const first = Math.round(from);
  return Array.from({ length: Math.max(0, Math.round(to) - first) }, (_, i) => first + i);
}
