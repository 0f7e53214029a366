// At most one redraw a second, only when something changed, and none in a hidden tab.

const SHORTEST_GAP_MS = 1_000;

export class Redraw {
  #last = 0;
  #timer = 0;
  #isWanted = false;

  constructor(draw) {
    this.draw = draw;
    document.addEventListener("visibilitychange", () => this.#isWanted && this.soon());
  }

  // Draw within a second, in a hidden tab when it is seen again.
  soon() {
    this.#isWanted = true;
    if (document.hidden || this.#timer) return;
    const wait = Math.max(0, this.#last + SHORTEST_GAP_MS - performance.now());
    this.#timer = setTimeout(() => this.now(), wait);
  }

  now() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#isWanted = document.hidden;
    if (document.hidden) return;
    this.#last = performance.now();
    this.draw();
  }
}
