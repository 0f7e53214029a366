// One venue's small heatmap: its chart, its totals, what was not covered.
/* global Plotly */

import { filters } from "./api.js";
import { find, make, say } from "./dom.js";
import { count, percent, side, usd } from "./format.js";
import { Grid } from "./grid.js";
import { CONFIG, layout, verticalAxis } from "./plot.js";
import { Tooltip } from "./tooltip.js";

// In pixels, at least.
const CELL = { width: 5, height: 4 };
const FEWEST = 20;
const MARGIN = { l: 4, r: 56, t: 4, b: 34 };

export class Panel {
  #revision = 0;
  #tooltip = null;

  constructor(element, venues) {
    this.element = element;
    this.exchange = element.dataset.panel;
    this.venues = venues;
    this.chart = find("[data-chart]", element);
    this.grid = new Grid();
    this.trace = {
      type: "heatmap",
      z: this.grid.rows,
      zsmooth: false,
      showscale: false,
      hoverinfo: "none",
      hoverongaps: false,
    };
    for (const [name, size] of Object.entries(MARGIN))
      find("[data-gaps]", element).style.setProperty(`--${name}`, `${size}px`);
  }

  // Take this venue's part of an answer; bins are merged as there is room.
  load(answer, query) {
    const { exchange } = this;
    this.grid.load(
      {
        ...answer,
        exchanges: [exchange],
        cells: answer.cells.filter((column) => column.exchange === exchange),
        totals: answer.per_exchange[exchange],
        per_exchange: { [exchange]: answer.per_exchange[exchange] },
        is_lower_bound: answer.per_exchange[exchange].is_lower_bound,
      },
      this.room,
    );
    this.coverage = answer.coverage[exchange];
    this.span = [Date.parse(answer.start), Date.parse(answer.end) + this.grid.step];
    this.#tellGaps();
    const alone = new URLSearchParams(filters({ ...query, exchanges: [exchange] }));
    find("[data-alone]", this.element).href = `/?${alone}`;
  }

  get room() {
    const { clientWidth, clientHeight } = this.chart;
    return {
      times: Math.max(FEWEST, Math.ceil(clientWidth / CELL.width)),
      prices: Math.max(FEWEST, Math.ceil(clientHeight / CELL.height)),
    };
  }

  // Write the totals, and why there may be nothing to see.
  tell() {
    const { totals, isLowerBound, isEmpty } = this.grid;
    const least = isLowerBound ? "≥ " : "";
    say(find("[data-sum]", this.element), `${least}${usd(totals.long + totals.short)}`);
    say(find("[data-long]", this.element), `${side("long")} ${least}${usd(totals.long)}`);
    say(find("[data-short]", this.element), `${side("short")} ${least}${usd(totals.short)}`);
    say(find("[data-covered]", this.element), `covered ${percent(this.coverage.covered_percent)}`);
    const words = find("[data-nothing]", this.element);
    words.hidden = !isEmpty;
    say(words, isEmpty ? this.#nothing() : "");
  }

  tellState({ state, reason }) {
    const words = find("[data-state-of]", this.element);
    this.element.dataset.state = state;
    words.title = reason;
    say(words, state);
  }

  async draw(colors, limits) {
    const { grid, trace } = this;
    const { start, step, count: steps } = grid.price;
    Object.assign(trace, {
      x0: grid.start + grid.step / 2,
      dx: grid.step,
      y0: start + step / 2,
      dy: step,
      zmin: limits[0],
      zmax: Math.max(limits[1], limits[0] + 0.01),
      colorscale: colors.scale,
    });
    const shape = layout(colors, {
      grid,
      zoom: { time: this.span },
      revision: ++this.#revision,
      hovermode: "closest",
      margin: MARGIN,
      dragmode: false,
      yaxis: verticalAxis(colors, {
        tickformat: ",~f",
        nticks: 5,
        fixedrange: true,
        range: [start - step, start + (steps + 1) * step],
      }),
    });
    Object.assign(shape.xaxis, { nticks: 4, fixedrange: true });
    await Plotly.react(this.chart, [trace], shape, CONFIG);
    this.#tooltip ??= this.#withTooltip();
  }

  #withTooltip() {
    const tooltip = new Tooltip(find("[data-tooltip]", this.element), this.venues);
    this.chart.on("plotly_hover", ({ points: [point], event }) => {
      const [priceIndex, timeIndex] = point.pointIndex;
      const observed = this.grid.shares(timeIndex, priceIndex);
      if (!observed.length) return;
      const { completeness } = this.grid;
      tooltip.show({ ...this.grid.box(timeIndex, priceIndex), observed, completeness }, event);
    });
    this.chart.on("plotly_unhover", () => tooltip.hide());
    return tooltip;
  }

  #nothing() {
    const { count: events } = this.grid.totals;
    if (events) return `${count(events)} liquidations, none with a known value and market price.`;
    if (this.coverage.covered_percent === 0) return "Not covered.";
    return "No liquidation.";
  }

  #tellGaps() {
    const [from, to] = this.span;
    const part = (time) => (100 * (Math.min(Math.max(time, from), to) - from)) / (to - from);
    const stripes = this.coverage.gaps
      .filter(({ repaired_by }) => !repaired_by)
      .map(({ start, end }) => {
        const stripe = make("i");
        const left = part(Date.parse(start));
        stripe.style.left = `${left}%`;
        stripe.style.width = `${part(Date.parse(end)) - left}%`;
        return stripe;
      });
    find("[data-gaps]", this.element).replaceChildren(...stripes);
  }
}
