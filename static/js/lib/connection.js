// The page's socket, its state in words, and asking over HTTP while it is down.

import { find, say } from "./dom.js";
import { clock, duration } from "./format.js";
import { zoneWord } from "./zone.js";
import { LiveSocket } from "./socket.js";

const POLL_MS = 30_000;
// Longer than this the asking does not work either.
const STALE_MS = 45_000;

export class Connection {
  #isOpen = false;
  #lostAt = null;
  #heardAt = Date.now();
  #askedAt = 0;
  #wish = {};
  #subscribed = "";

  // `onHealth(frame)`, `onRows(frame)`; `askHealth()`, `askRows()` where frames are missing.
  constructor({ onHealth, onRows, askHealth, askRows }) {
    Object.assign(this, { onHealth, onRows, askHealth, askRows });
    this.socket = new LiveSocket("/ws/live", {
      onWelcome: (isResumed) => this.#begin(isResumed),
      onFrame: (frame) => this.#take(frame),
      onSkip: askRows,
      onState: (isOpen) => this.#turn(isOpen),
    });
  }

  // `wish` is {symbols, exchanges, min_value}; the last two may be left out.
  start(wish) {
    this.#wish = wish;
    this.socket.open();
    setInterval(() => this.#tick(), 1_000);
  }

  follow(wish) {
    this.#wish = wish;
    if (this.#isOpen && this.#subscribed) this.#subscribe();
  }

  // Note that the page's numbers are of now, over a socket or over HTTP.
  heard() {
    this.#heardAt = Date.now();
  }

  // Who comes back gets what it missed; who comes anew asks for it.
  #begin(isResumed) {
    if (!isResumed) this.#subscribed = "";
    this.#subscribe();
    if (!isResumed) this.askRows();
  }

  // The page has the levels over HTTP, and needs the rows only.
  #subscribe() {
    const wanted = JSON.stringify(this.#wish);
    if (this.#subscribed === wanted) return;
    if (this.#subscribed) this.socket.say({ action: "unsubscribe" });
    if (this.#wish.symbols.length)
      this.socket.say({ action: "subscribe", ...this.#wish, snapshot: false });
    this.#subscribed = wanted;
  }

  #take(frame) {
    this.heard();
    if (frame.type === "health") this.onHealth(frame);
    if (frame.type === "liquidations") this.onRows(frame);
  }

  #turn(isOpen) {
    this.#isOpen = isOpen;
    this.#tell();
  }

  get #isDown() {
    return !this.#isOpen;
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
    const from = `${clock(this.#heardAt)} ${zoneWord()}`;
    const asking = this.#askedAt > this.#lostAt ? " Asking every 30 s." : "";
    return `${ago} ago, retrying. Numbers are from ${from}.${asking}`;
  }
}
