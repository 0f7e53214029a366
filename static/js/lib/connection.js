// The page's two sockets, their state in words, and asking over HTTP while they are down.

import { find, say } from "./dom.js";
import { clock, duration } from "./format.js";
import { LiveSocket } from "./socket.js";

const POLL_MS = 30_000;
// Longer than this the asking does not work either.
const STALE_MS = 45_000;

export class Connection {
  #open = new Set();
  #lostAt = null;
  #heardAt = Date.now();
  #askedAt = 0;

  // `onHealth(frame)`, `onRows(frame)`; `askHealth()`, `askRows()` where frames are missing.
  constructor({ onHealth, onRows, askHealth, askRows }) {
    Object.assign(this, { askHealth, askRows });
    this.health = this.#socket("/ws/health", onHealth, askHealth);
    this.rows = this.#socket("/ws/liquidations", onRows, askRows);
  }

  start(symbol) {
    this.rows.path = pathOf(symbol);
    this.health.open();
    this.rows.open();
    setInterval(() => this.#tick(), 1_000);
  }

  follow(symbol) {
    this.rows.move(pathOf(symbol));
  }

  // Note that the page's numbers are of now, over a socket or over HTTP.
  heard() {
    this.#heardAt = Date.now();
  }

  // What a socket missed is asked for when it opens; the first frame of health tells all.
  #socket(path, onFrame, ask) {
    const socket = new LiveSocket(path, {
      onFrame: (frame) => {
        this.heard();
        onFrame(frame);
      },
      onSkip: ask,
      onState: (isOpen) => {
        this.#open[isOpen ? "add" : "delete"](socket);
        if (isOpen) this.askRows();
        this.#tell();
      },
    });
    return socket;
  }

  get #isDown() {
    return this.#open.size < 2;
  }

  #tick() {
    const silentFor = Date.now() - Math.max(this.#heardAt, this.#askedAt);
    if (this.#isDown && silentFor > POLL_MS && !document.hidden) {
      this.#askedAt = Date.now();
      this.askHealth();
      this.askRows();
    }
    this.#tell();
  }

  #tell() {
    this.#lostAt = this.#isDown ? (this.#lostAt ?? Date.now()) : null;
    find("[data-connection]").dataset.connection = this.#state();
    say(find("[data-connection-words]"), this.#isDown ? "Connection lost" : "Connected");
    say(find("[data-connection-age]"), this.#isDown ? this.#howOld() : "");
  }

  #state() {
    if (!this.#isDown) return "live";
    return Date.now() - this.#heardAt > STALE_MS ? "stale" : "lost";
  }

  #howOld() {
    const ago = duration((Date.now() - this.#lostAt) / 1000);
    return `${ago} ago, retrying; numbers from ${clock(this.#heardAt)} UTC, asked for every 30 s`;
  }
}

function pathOf(symbol) {
  return `/ws/liquidations?${new URLSearchParams({ symbol })}`;
}
