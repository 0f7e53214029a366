// The main chart with all around it: layers, colour scale, hatching, tooltip, why a cell is there.

import { find, say, show } from "./dom.js";
import { Explain } from "./explain.js";
import { Gaps } from "./gaps.js";
import { Heat } from "./heat.js";
import { Layers } from "./layers.js";
import { Reading } from "./reading.js";
import { Threshold } from "./threshold.js";
import { Tooltip } from "./tooltip.js";

export class Main {
  // `embedded` is what the server rendered; `onLayers()` asks anew, `query()` is what is shown.
  constructor(grid, zoom, embedded, { onLayers, query }) {
    const { venues, shown, rules } = embedded;
    Object.assign(this, { grid, zoom, venues, onLayers, query });
    this.layers = new Layers(shown, rules, (isOther) => this.#turn(isOther));
    this.threshold = new Threshold(shown, () => this.#recolor());
    this.heat = new Heat(find("[data-heat]"), grid, venues, this);
    this.gaps = new Gaps(venues);
    this.explain = new Explain(find("[data-explain]"), venues);
    this.reading = new Reading(this.heat, new Tooltip(find("[data-tooltip]"), venues), {
      describe: (cell) => this.#describe(cell),
      explain: (cell) => this.explain.open(this.#describe(cell), query(), this.heat.element),
    });
  }

  // Ask the API for the layers that are on.
  ask(query, signal) {
    return this.layers.ask(query, signal);
  }

  // Take such answers to a query, or what the server rendered.
  load(answers, query) {
    this.heat.load(answers, query);
    this.gaps.load(answers.grid);
    const end = Math.max(Date.parse(answers.grid.end), this.heat.candles.end);
    this.zoom.whole = [Date.parse(answers.grid.start), end];
    this.#tell();
  }

  get isEmpty() {
    return this.heat.isEmpty;
  }

  async draw() {
    await this.heat.draw(this.zoom);
    this.gaps.draw(this.heat.plane);
  }

  // Keep the layers and the colours in the address.
  remember() {
    this.layers.remember(this.threshold.asked);
  }

  #turn(isOther) {
    if (isOther) this.threshold.forget();
    this.remember();
    this.explain.close();
    this.onLayers();
  }

  #recolor() {
    this.remember();
    this.heat.recolor();
  }

  // Return what is told of a cell of the coloured field: both layers, and what was not covered.
  #describe(cell) {
    const { isPredicted, predicted } = this.heat;
    const own = this.heat.field.shares(cell.timeIndex, cell.priceIndex);
    const seen = isPredicted && this.layers.has("observed") ? this.grid.within(cell) : null;
    const gap = this.gaps.words(cell.start, cell.end);
    return {
      ...cell,
      predicted: isPredicted ? own : null,
      unit: predicted.unit,
      observed: isPredicted ? seen : own,
      completeness: this.grid.completeness,
      notes: gap ? [gap] : [],
    };
  }

  #tell() {
    const { isPredicted, predicted, candles } = this.heat;
    show("[data-model]", isPredicted);
    if (isPredicted) say(find("[data-model-words]"), predicted.words());
    show("[data-no-model]", this.layers.has("predicted") && !isPredicted);
    show('[data-key="marks"]', isPredicted && this.layers.has("observed"));
    show('[data-key="candles"]', !candles.isEmpty);
    say(find("[data-candles-of]"), this.venues[candles.exchange]?.display_name ?? "");
    this.gaps.tell();
  }
}
