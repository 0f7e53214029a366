// The venues' chips: state in words, age of the last event, the reason; and the bands above.

import { find, findAll, say, show, write } from "./dom.js";
import { age, clock } from "./format.js";
import { zoneWord } from "./zone.js";

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
    this.worker = worker;
    for (const row of rows) this.rows[row.exchange] = this.#isStopped ? unknown(row) : row;
    this.tell();
  }

  // Write everything again; once a second, because ages grow.
  tell() {
    const now = Date.now() - this.#ahead;
    for (const chip of findAll("[data-exchange]")) {
      const row = this.rows[chip.dataset.exchange];
      if (row) this.tellOne(chip, row, this.worker, now);
    }
    this.#tellWorker(now);
    const states = Object.values(this.rows)
      .map(({ state }) => state)
      .filter((state) => state !== "off");
    show(
      '[data-band="venues"]',
      states.length > 0 && states.every((state) => UNREACHABLE.includes(state)),
    );
  }

  get #isStopped() {
    return !this.worker.is_running && this.worker.since !== null;
  }

  #tellWorker(now) {
    const { is_running, message } = this.worker;
    show('[data-band="worker"]', !is_running);
    show('[data-worker="stopped"]', this.#isStopped);
    show('[data-worker="never"]', !this.#isStopped);
    show('[data-band="trouble"]', is_running && message !== "");
    if (is_running) write('[data-band="trouble"] [data-words]', message);
    else write('[data-band="worker"] [data-words]', this.#stopped(now));
  }

  #stopped(now) {
    if (!this.#isStopped) return "No collector has run yet.";
    const times = Object.values(this.rows).map((row) => Date.parse(row.last_event_at ?? 0));
    const last = Math.max(0, ...times);
    const event = last ? ` (last event ${clock(last)} ${zoneWord(last)})` : "";
    return `The collector stopped ${age(this.worker.since, now)} ago${event}.`;
  }

  // Return why there may be nothing to see on these venues.
  quiet({ exchanges }) {
    const rows = exchanges.map((exchange) => this.rows[exchange]).filter(Boolean);
    if (rows.some(({ is_connected }) => is_connected)) return "Live.";
    if (rows.some(({ state }) => state === "connecting")) return "Connecting.";
    return "Not collecting now.";
  }
}

// What a worker wrote before it stopped tells nothing of now.
function unknown(row) {
  return { ...row, state: "unknown", is_connected: false };
}

// Without a worker the band above says why, once for all.
function tellChip(chip, row, worker, now) {
  chip.dataset.state = row.state;
  const reason = row.reason === worker.message ? "" : row.reason;
  if (chip.title !== reason) chip.title = reason;
  say(find("[data-state-words]", chip), stateWords(row, now));
  say(
    find("[data-age]", chip),
    row.last_event_at ? `last ${age(row.last_event_at, now)} ago` : "no event yet",
  );
  say(find("[data-reason]", chip), reason);
}

function stateWords({ state, since }, now) {
  if (state === "connecting") return "connecting…";
  return WITH_AGE_OF_STATE.includes(state) ? `${state} ${age(since, now)}` : state;
}
