// The newest liquidations, newest first; written four times a second at most, not in a hidden tab.

import { find, say, show } from "./dom.js";
import { price, side, stamp, usd, when } from "./format.js";

export const MOST_ROWS = 200;
const MOST_IDS = 2000;
const SHORTEST_GAP_MS = 250;

export class Tape {
  #ids = new Set();
  #waiting = [];
  #unseen = 0;
  #isAtLeast = false;
  #isPaused = false;
  #timer = 0;

  // `dress(line, row)` writes what a line has beyond time, venue, side, price and value.
  constructor(venues, dress = () => {}) {
    Object.assign(this, { venues, dress });
    this.list = find("[data-tape]");
    this.template = find("[data-tape-row]");
    this.button = find("[data-pause]");
    this.button.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  // Start over, with no row yet.
  clear() {
    this.#ids.clear();
    this.#waiting = [];
    this.list.replaceChildren();
    this.#pause(false);
  }

  // Stand still, or go on.
  toggle() {
    this.#pause(!this.#isPaused);
  }

  get isEmpty() {
    return !this.list.children.length && !this.#waiting.length;
  }

  // Return whether a row has not been seen yet, and remember it.
  isNew({ event_id }) {
    if (this.#ids.has(event_id)) return false;
    this.#ids.add(event_id);
    if (this.#ids.size > MOST_IDS) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }

  // Put rows in, newest on top; while paused they wait, and are counted.
  add(rows) {
    this.#unseen += rows.length;
    this.#waiting = oldestFirst([...this.#waiting, ...rows]).slice(-MOST_ROWS);
    if (this.list.children.length) this.#soon();
    else this.#flush();
    this.#tell();
  }

  // Note that rows were missed: what is counted is at least so many.
  miss() {
    this.#isAtLeast = true;
  }

  #soon() {
    if (this.#timer || this.#isPaused || document.hidden) return;
    this.#timer = setTimeout(() => this.#flush(), SHORTEST_GAP_MS);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#isPaused || document.hidden) return;
    const className = this.list.children.length ? "fresh" : "";
    for (const row of this.#waiting) this.#insert(this.#line(row, className), row.exchange_time);
    while (this.list.children.length > MOST_ROWS) this.list.lastElementChild.remove();
    this.#waiting = [];
    this.#unseen = 0;
    this.#isAtLeast = false;
    this.#tell();
  }

  // Put a line where its time belongs: venues are not equally quick.
  #insert(line, time) {
    let older = this.list.firstElementChild;
    while (older && find("time", older).dateTime > time) older = older.nextElementSibling;
    this.list.insertBefore(line, older);
  }

  #pause(isPaused) {
    this.#isPaused = isPaused;
    if (!isPaused) this.#flush();
    this.#tell();
  }

  #tell() {
    const unseen = this.#unseen ? `${this.#isAtLeast ? "≥ " : ""}${this.#unseen} new` : "";
    say(this.button, this.#isPaused ? ["Go on", unseen].filter(Boolean).join(", ") : "Pause");
    show("[data-tape-quiet]", !this.list.children.length);
    const words = find("[data-tape-state]");
    if (!words) return;
    words.hidden = !this.#isPaused;
    say(words, `Paused: ${unseen || "0 new"}`);
  }

  #line(row, className) {
    const line = this.template.content.firstElementChild.cloneNode(true);
    const { color, display_name } = this.venues[row.exchange];
    line.className = className;
    line.dataset.side = row.side;
    line.style.setProperty("--venue", color);
    const time = find("time", line);
    time.dateTime = row.exchange_time;
    time.title = stamp(row.exchange_time);
    say(time, when(row.exchange_time));
    say(find("[data-name]", line), display_name);
    say(find(".side", line), side(row.side));
    say(find(".price", line), price(row.price));
    say(find(".value", line), usd(row.value_usd));
    this.dress(line, row);
    return line;
  }
}

function oldestFirst(rows) {
  return rows.sort((a, b) => (a.exchange_time > b.exchange_time ? 1 : -1));
}
