// All venues' small heatmaps: one answer, one price axis, one time axis, one colour scale.

import { findAll, find, make } from "./dom.js";
import { count, percent, share, usd } from "./format.js";
import { limitsOf } from "./cells.js";
import { Panel } from "./panel.js";
import { theme } from "./plot.js";
import { tellScale } from "./scale.js";

export class Multiples {
  #changed = new Set();
  #isDrawing = false;
  #limits = null;
  panels = new Map();
  shown = [];
  states = {};

  constructor(venues) {
    this.venues = venues;
    for (const element of findAll("[data-panel]"))
      this.panels.set(element.dataset.panel, new Panel(element, venues));
  }

  // Take an answer of the API. The colours hold until the next one.
  load(answer, query) {
    for (const panel of this.panels.values())
      panel.element.hidden = !answer.exchanges.includes(panel.exchange);
    this.shown = answer.exchanges.map((exchange) => this.panels.get(exchange));
    for (const panel of this.shown) panel.load(answer, query);
    this.#limits = limitsOf(this.shown.flatMap(({ grid }) => grid.rows));
    this.change();
  }

  // Show no venue.
  clear() {
    this.shown = [];
    for (const { element } of this.panels.values()) element.hidden = true;
  }

  // Count a live row. Returns false when only a new answer of the API can show it.
  add(row) {
    this.#changed.add(this.panels.get(row.exchange));
    return this.panels.get(row.exchange).grid.add(row);
  }

  // Have every panel drawn anew.
  change() {
    for (const panel of this.shown) this.#changed.add(panel);
  }

  get count() {
    return this.shown.reduce((sum, { grid }) => sum + grid.totals.count, 0);
  }

  // Write and draw what has changed, panel by panel, so that the page stays free in between.
  async draw() {
    this.#tellTotals();
    for (const panel of this.shown) panel.tell();
    tellScale(this.#limits);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    const colors = theme();
    while (this.#changed.size) {
      const [panel] = this.#changed;
      this.#changed.delete(panel);
      if (this.shown.includes(panel)) await panel.draw(colors, this.#limits ?? [0, 1]);
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.#isDrawing = false;
  }

  tellStates(rows) {
    this.states = rows;
    for (const row of Object.values(rows)) this.panels.get(row.exchange)?.tellState(row);
  }

  #tellTotals() {
    const whole = { long: 0, short: 0 };
    for (const { grid } of this.shown)
      for (const name of ["long", "short"]) whole[name] += grid.totals[name];
    const lines = this.shown.map((panel) => this.#line(panel, whole));
    find("[data-totals-of]").replaceChildren(...lines);
  }

  #line({ exchange, grid, coverage }, whole) {
    const { totals, isLowerBound, completeness } = grid;
    const both = totals.long + totals.short;
    const least = isLowerBound ? "≥ " : "";
    const texts = [
      this.states[exchange]?.state ?? "",
      `${least}${usd(totals.long)}`,
      `${least}${usd(totals.short)}`,
      `${least}${usd(both)}`,
      share(both, whole),
      `${least}${count(totals.count)}`,
      count(totals.unknown_value_count),
      percent(coverage.covered_percent),
      completeness[exchange],
    ];
    const head = make("th", "", this.venues[exchange].display_name);
    head.scope = "row";
    return make("tr", "", head, ...texts.map((text) => make("td", "", text)));
  }
}
