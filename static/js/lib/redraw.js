// At most one redraw a second, only when something changed, and none in a hidden tab.
//
// Where drawing is slow it is done less often, so that it takes a tenth of the time at most.

const SHORTEST_GAP_MS = 1_000;
const REST = 9;

export class Redraw {
  #next = 0;
  #timer = 0;
  #isWanted = false;

  constructor(draw) {
    this.draw = draw;
    document.addEventListener("visibilitychange", () => this.#isWanted && this.soon());
  }

  // Draw as soon as it is time again, in a hidden tab when it is seen again.
  soon() {
    this.#isWanted = true;
    if (document.hidden || this.#timer) return;
    this.#timer = setTimeout(() => this.now(), Math.max(0, this.#next - performance.now()));
  }

  async now() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#isWanted = document.hidden;
    if (document.hidden) return;
    const begun = performance.now();
    this.#next = begun + SHORTEST_GAP_MS;
    await this.draw();
    const took = performance.now() - begun;
    this.#next = Math.max(this.#next, performance.now() + REST * took);
  }
}

// Let the browser do what waits for it between two long drawings.
export function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}
