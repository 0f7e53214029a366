// The venues' chips: state in words, age of the last event, the reason; and the bands above.

import { find, findAll, say, show, write } from "./dom.js";
import { age } from "./format.js";

const WITH_AGE_OF_STATE = ["silent", "reconnecting", "failed", "blocked"];
const UNREACHABLE = ["failed", "blocked"];

export class Badges {
  #at = 0;
  // How far this machine's clock is ahead of the site's.
  #ahead = 0;
  rows = {};
  worker = { is_running: true, message: "" };

  // `tellOne(element, row, worker, now)` writes what is known into a venue's element.
  constructor(tellOne = tellChip) {
    this.tellOne = tellOne;
  }

  // Take health as of `at`; older than what is known is ignored.
  update(at, rows, worker) {
    if (Date.parse(at) < this.#at) return;
    this.#at = Date.parse(at);
    this.#ahead = Date.now() - this.#at;
    for (const row of rows) this.rows[row.exchange] = row;
    this.worker = worker;
    this.tell();
  }

  // Write everything again; once a second, because ages grow.
  tell() {
    const now = Date.now() - this.#ahead;
    for (const chip of findAll("[data-exchange]")) {
      const row = this.rows[chip.dataset.exchange];
      if (row) this.tellOne(chip, row, this.worker, now);
    }
    tellWorker(this.worker);
    const states = Object.values(this.rows)
      .map(({ state }) => state)
      .filter((state) => state !== "off");
    show(
      '[data-band="venues"]',
      states.length > 0 && states.every((state) => UNREACHABLE.includes(state)),
    );
  }

  // Return why there may be nothing to see on these venues.
  quiet({ exchanges }) {
    const rows = exchanges.map((exchange) => this.rows[exchange]).filter(Boolean);
    if (rows.some(({ is_connected }) => is_connected)) return "Live.";
    if (rows.some(({ state }) => state === "connecting")) return "Connecting.";
    return "Not collecting now.";
  }
}

// Without a worker the band above says why, once for all.
function tellChip(chip, row, worker, now) {
  chip.dataset.state = row.state;
  if (chip.title !== row.reason) chip.title = row.reason;
  const hasAge = WITH_AGE_OF_STATE.includes(row.state);
  say(find("[data-state-words]", chip), hasAge ? `${row.state} ${age(row.since, now)}` : row.state);
  say(
    find("[data-age]", chip),
    row.last_event_at ? `last ${age(row.last_event_at, now)} ago` : "no event yet",
  );
  say(find("[data-reason]", chip), row.reason === worker.message ? "" : row.reason);
}

function tellWorker({ is_running, message }) {
  show('[data-band="worker"]', !is_running);
  show('[data-band="trouble"]', is_running && message !== "");
  if (is_running) write('[data-band="trouble"] [data-words]', message);
  else write('[data-band="worker"] [data-words]', `${message[0].toUpperCase()}${message.slice(1)}.`);
}
