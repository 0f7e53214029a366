// What was not covered: hatched over the chart, and told in words.

import { find, make, say, show } from "./dom.js";
import { clock, stamp } from "./format.js";
import { zoneWord } from "./zone.js";

const MOST_TOLD = 3;
// The part of the height in which it stands that some were not covered.
const FOOT = 0.04;
const DAY_MS = 86_400_000;

export class Gaps {
  // Spans {start, end, exchanges} in which not all were covered, oldest first.
  spans = [];

  constructor(venues) {
    this.venues = venues;
    this.element = find("[data-gaps]");
  }

  // Take the coverage of an answer {start, end, exchanges, coverage, stored_since}.
  load({ start, end, exchanges, coverage, stored_since }) {
    const range = [Date.parse(start), Date.parse(end)];
    const missing = exchanges.flatMap((exchange) => missingOf(exchange, coverage[exchange]));
    this.never = exchanges.filter((exchange) => coverage[exchange].covered_percent === 0);
    this.all = exchanges.length;
    const isAll = this.never.length === this.all;
    const told = missing.filter(({ exchange }) => isAll || !this.never.includes(exchange));
    this.counted = isAll ? this.all : this.all - this.never.length;
    this.spans = swept(told, range);
    this.range = range;
    this.since = this.#since(stored_since);
  }

  // Hatch: the whole height where no exchange was covered, the foot where a part was not.
  draw(plane) {
    const stripes = this.spans.map((span) => {
      const stripe = make("i", this.#isWhole(span) ? "whole" : "part");
      const { left, width } = plane.stretch(span.start, span.end);
      stripe.style.left = `${left}px`;
      stripe.style.width = `${width && Math.max(1, width)}px`;
      return stripe;
    });
    this.element.replaceChildren(...stripes);
  }

  // The same as shapes of Plotly, for a picture: it cannot hatch, so they are shaded.
  shapes(color) {
    return this.spans.map((span) => ({
      type: "rect",
      x0: span.start,
      x1: span.end,
      yref: "y domain",
      y0: 0,
      y1: this.#isWhole(span) ? 1 : FOOT,
      fillcolor: color,
      opacity: 0.4,
      line: { width: 0 },
    }));
  }

  // Who was not covered when, in words; empty where all were.
  get summary() {
    const named = new Set(this.spans.flatMap(({ exchanges }) => exchanges));
    return named.size ? `shaded: not covered (${this.#names([...named])})` : "";
  }

  tell() {
    const whole = this.spans.filter((span) => this.#isWhole(span));
    const part = this.spans.filter((span) => !this.#isWhole(span));
    show("[data-gap-whole]", whole.length > 0);
    say(find("[data-gap-whole-words]"), `not covered ${this.#list(whole)}`);
    show("[data-gap-part]", part.length > 0);
    const names = new Set(part.flatMap(({ exchanges }) => exchanges));
    say(find("[data-gap-part-words]"), `partly not covered: ${this.#names([...names])}`);
    const isTold = this.never.length > 0 && this.never.length < this.all;
    show("[data-gap-never]", isTold);
    say(find("[data-gap-never]"), `Not covered at all: ${this.#names(this.never)}.`);
    show("[data-stored-since]", this.since !== null);
    say(find("[data-stored-since]"), this.since ? `Stored since ${stamp(this.since)}.` : "");
  }

  // Return a sentence on who was not covered in a span of time, empty where all were.
  words(start, end) {
    const hit = this.spans.filter((span) => span.start < end && span.end > start);
    if (!hit.length) return "";
    const isWhole = hit.some((span) => this.#isWhole(span));
    if (isWhole) return "Not covered by any exchange in a part of it.";
    const names = new Set(hit.flatMap(({ exchanges }) => exchanges));
    return `Partly not covered: ${this.#names([...names])}.`;
  }

  // Return since when something is known, null where that is before the range.
  #since(stored_since) {
    const [first] = this.spans;
    if (!first || first.start > this.range[0] || !this.#isWhole(first)) return null;
    return stored_since ? Math.min(first.end, Date.parse(stored_since)) : first.end;
  }

  #isWhole({ exchanges }) {
    return exchanges.length === this.counted;
  }

  #list(spans) {
    const isLong = this.range[1] - this.range[0] > DAY_MS;
    const moment = (time) => (isLong ? stamp(time).slice(5, 16) : clock(time).slice(0, 5));
    const told = spans.slice(-MOST_TOLD).map(({ start, end }) =>
      start <= this.range[0] ? `until ${moment(end)}` : `${moment(start)} – ${moment(end)}`,
    );
    const rest = spans.length - told.length;
    return `${told.join(", ")}${rest > 0 ? ` and ${rest} more times` : ""} ${zoneWord()}`;
  }

  #names(exchanges) {
    const told = exchanges.slice(0, MOST_TOLD).map((name) => this.venues[name].display_name);
    const rest = exchanges.length - told.length;
    return told.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  }
}

function missingOf(exchange, { gaps }) {
  return gaps
    .filter(({ repaired_by }) => !repaired_by)
    .map(({ start, end }) => ({ exchange, start: Date.parse(start), end: Date.parse(end) }));
}

// Return the spans between all edges with who is missing in each; equal neighbours are one.
function swept(missing, [from, to]) {
  const edges = [...new Set([from, to, ...missing.flatMap(({ start, end }) => [start, end])])];
  edges.sort((a, b) => a - b);
  const spans = [];
  edges.slice(0, -1).forEach((start, index) => {
    const hit = missing.filter((gap) => gap.start <= start && gap.end > start);
    const exchanges = [...new Set(hit.map(({ exchange }) => exchange))].sort();
    if (!exchanges.length) return;
    const last = spans.at(-1);
    const end = edges[index + 1];
    if (last?.end === start && String(last.exchanges) === String(exchanges)) last.end = end;
    else spans.push({ start, end, exchanges });
  });
  return spans;
}
