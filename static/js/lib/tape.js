// The newest liquidations, newest first; at most four redraws a second come from the worker.

import { find, say, show } from "./dom.js";
import { price, side, usd, utc, when } from "./format.js";

const MOST_ROWS = 200;
const MOST_IDS = 2000;

export class Tape {
  #ids = new Set();
  #waiting = [];
  #unseen = 0;
  #isPaused = false;

  constructor(venues) {
    this.venues = venues;
    this.list = find("[data-tape]");
    this.template = find("[data-tape-row]");
    this.button = find("[data-pause]");
    this.button.addEventListener("click", () => this.#pause(!this.#isPaused));
  }

  // Start over, with no row yet.
  clear() {
    this.#ids.clear();
    this.#waiting = [];
    this.list.replaceChildren();
    this.#pause(false);
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
    this.#waiting = [...this.#waiting, ...rows].slice(-MOST_ROWS);
    if (!this.#isPaused) this.#flush();
    this.#tell();
  }

  #flush() {
    const className = this.list.children.length ? "fresh" : "";
    const oldestFirst = this.#waiting.sort((a, b) => (a.exchange_time > b.exchange_time ? 1 : -1));
    for (const row of oldestFirst) this.#insert(this.#line(row, className), row.exchange_time);
    while (this.list.children.length > MOST_ROWS) this.list.lastElementChild.remove();
    this.#waiting = [];
    this.#unseen = 0;
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
    const unseen = this.#unseen ? `, ${this.#unseen} new` : "";
    say(this.button, this.#isPaused ? `Go on${unseen}` : "Pause");
    show("[data-tape-quiet]", !this.list.children.length);
  }

  #line(row, className) {
    const line = this.template.content.firstElementChild.cloneNode(true);
    const { color, display_name } = this.venues[row.exchange];
    line.className = className;
    line.dataset.side = row.side;
    line.style.setProperty("--venue", color);
    const time = find("time", line);
    time.dateTime = row.exchange_time;
    time.title = utc(row.exchange_time);
    say(time, when(row.exchange_time));
    say(find("[data-name]", line), display_name);
    say(find(".side", line), side(row.side));
    say(find(".price", line), price(row.price));
    say(find(".value", line), usd(row.value_usd));
    return line;
  }
}
