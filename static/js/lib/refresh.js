// When the API is asked: at once for a person, every so often for what live rows cannot tell.

import { ApiError, Unreachable } from "./api.js";

const SHORTEST_GAP_MS = 5_000;
const LONGEST_GAP_MS = 60_000;
const NOTICEABLE_MS = 200;

export class Refresh {
  #controller = null;
  #startedAt = 0;
  #timer = 0;

  // `ask(query, signal)` loads; `onError(error)`; `onLoading(isLoading)` for what a person waits for.
  constructor({ ask, onError, onLoading }) {
    Object.assign(this, { ask, onError, onLoading });
    this.query = null;
    setInterval(() => this.#isOlderThan(LONGEST_GAP_MS) && this.soon(), SHORTEST_GAP_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.soon());
  }

  // Ask now; an older question still under way is dropped, so that the last click wins.
  async now(query) {
    this.query = query;
    const loading = setTimeout(() => this.onLoading(true), NOTICEABLE_MS);
    await this.#run(this.onError);
    clearTimeout(loading);
    if (!this.isAsking) this.onLoading(false);
  }

  // Ask again, but not oftener than every five seconds and not in a hidden tab.
  soon() {
    if (this.#timer || this.#controller || document.hidden || !this.query) return;
    const wait = Math.max(0, this.#startedAt + SHORTEST_GAP_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (!this.#controller && this.query) this.#run(this.#tellRefusal);
    }, wait);
  }

  get isAsking() {
    return this.#controller !== null;
  }

  // Forget the question; nothing is asked until there is a new one.
  stop() {
    this.query = null;
    this.#controller?.abort();
    this.#controller = null;
  }

  async #run(onError) {
    this.#controller?.abort();
    const controller = (this.#controller = new AbortController());
    this.#startedAt = Date.now();
    try {
      await this.ask(this.query, controller.signal);
    } catch (error) {
      if (error instanceof ApiError) onError(error);
      else if (error.name !== "AbortError") throw error;
    } finally {
      if (this.#controller === controller) this.#controller = null;
    }
  }

  // A site that does not answer is the connection's news, unless a person asked.
  #tellRefusal = (error) => {
    if (!(error instanceof Unreachable)) this.onError(error);
  };

  #isOlderThan(milliseconds) {
    return Date.now() - this.#startedAt > milliseconds;
  }
}
