// Which layers the chart shows: their switches, the address, and what is asked of the API.

import { fetchCandles, fetchGrid, fetchPredicted, Refused } from "./api.js";
import { find, findAll, show } from "./dom.js";
import { Steps } from "./steps.js";

const NAMES = ["predicted", "observed", "candles"];
// Frozen columns change each half hour: what is this old is asked for again.
const OLDEST_MS = 300_000;

export class Layers {
  #frozen = { key: "", at: 0, answer: null };

  // `onChange(isWeighting)` after a switch is turned; `rules` are the server's.
  constructor({ layers, zone_weighting }, rules, onChange) {
    this.steps = new Steps(rules);
    this.on = new Set(layers);
    this.weighting = zone_weighting;
    this.form = find("[data-layers]");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", ({ target }) => {
      this.#read();
      onChange(target.name === "zone_weighting");
    });
    this.#tell();
  }

  has(name) {
    return this.on.has(name);
  }

  // Turn a layer on or off, as its switch does.
  toggle(name) {
    const box = find(`[name="layers"][value="${name}"]`, this.form);
    box.click();
  }

  // Write the layers and more into the address beside what stands there; usual ones need no words.
  remember(more) {
    const values = new URLSearchParams(location.search);
    const names = NAMES.filter((name) => this.has(name));
    const told = {
      layers: names.length === NAMES.length ? undefined : names.join(","),
      zone_weighting: this.weighting === "notional" ? undefined : this.weighting,
      ...more,
    };
    for (const [name, value] of Object.entries(told))
      if (value === undefined) values.delete(name);
      else values.set(name, value);
    history.replaceState(null, "", `?${String(values).replaceAll("%2C", ",")}`);
  }

  // Return {grid, predicted, candles}: answers of the API, null for layers that are off.
  async ask(query, signal) {
    const span = this.steps.span(query);
    const intervals = this.steps.intervals((span.end - span.start) / 1000, query.interval);
    const candles = await this.#candles(query, span, intervals.candles, signal);
    const range = this.has("predicted") ? rangeOf(candles.data) : null;
    const window = this.steps.window(range, intervals.candles);
    const step = query.price_bin_size ?? window?.step;
    const [grid, predicted] = await Promise.all([
      this.#observed(query, { interval: intervals.observed, price_bin_size: step }, signal),
      this.has("predicted") ? this.#predicted(query, window, step, intervals.frozen, signal) : null,
    ]);
    return { grid, predicted, candles: this.has("candles") ? candles : null };
  }

  // The range of predicted prices follows the candles: they are asked for with either.
  async #candles({ symbol }, { start, end }, interval, signal) {
    if (!this.has("candles") && !this.has("predicted")) return null;
    const step = this.steps.seconds(interval) * 1000;
    // From the beginning of a candle.
    const whole = { start: Math.floor(start / step) * step, end };
    return fetchCandles(symbol, interval, whole, signal);
  }

  // Prices may lie too far apart for the step that suits the candles.
  async #observed(query, steps, signal) {
    try {
      return await fetchGrid({ ...query, ...steps }, signal);
    } catch (error) {
      const isOurs = error instanceof Refused && error.isOurFault;
      if (!isOurs || query.price_bin_size || !steps.price_bin_size) throw error;
      return fetchGrid({ ...query, interval: steps.interval }, signal);
    }
  }

  // What is of single liquidations is not asked of a prediction.
  async #predicted(query, window, step, interval, signal) {
    const asked = {
      ...query,
      min_value: undefined,
      max_value: undefined,
      interval,
      price_bin_size: step,
      price_min: window?.low,
      price_max: window?.high,
      zone_weighting: this.weighting,
    };
    const key = JSON.stringify({ ...asked, price_min: 0, price_max: 0 });
    const isFresh = Date.now() - this.#frozen.at < OLDEST_MS;
    if (this.#frozen.key === key && isFresh) return this.#frozen.answer;
    const answer = await fetchPredicted(asked, signal);
    this.#frozen = { key, at: Date.now(), answer };
    return answer;
  }

  #read() {
    const form = new FormData(this.form);
    this.on = new Set(form.getAll("layers"));
    this.weighting = form.get("zone_weighting");
    this.#tell();
  }

  #tell() {
    for (const box of findAll('[name="layers"]', this.form)) box.checked = this.has(box.value);
    show("[data-weighting]", this.has("predicted"));
  }
}

function rangeOf(rows) {
  if (!rows.length) return null;
  return [Math.min(...rows.map(({ low }) => low)), Math.max(...rows.map(({ high }) => high))];
}
