// What stands in the chart's place, or over it: empty, nothing selected, an error, loading.

import { find, say, show } from "./dom.js";

export class Stage {
  constructor({ onAll, onAgain, onSizes }) {
    this.charts = find("[data-charts]");
    this.hasError = false;
    find('[data-say-action="all"]').addEventListener("click", onAll);
    find('[data-say-action="again"]').addEventListener("click", onAgain);
    // Where no minimum can be asked for, nothing is held back.
    find('[data-say-action="sizes"]')?.addEventListener("click", onSizes);
  }

  // A new answer is there: what was wrong is so no more.
  clear() {
    this.hasError = false;
  }

  ready() {
    if (!this.hasError) this.#tell("ready", "");
  }

  // `words` say why there may be nothing to see; a minimum may be why.
  empty(words, hasMinimum = false) {
    if (!this.hasError) this.#tell("empty", words, hasMinimum ? "sizes" : "");
  }

  nothingSelected() {
    this.clear();
    this.#tell("nothing", "No exchange selected.", "all");
  }

  // The chart that was there stays under the words.
  error(words) {
    this.hasError = true;
    const isDrawn = ["ready", "error"].includes(this.charts.dataset.stage);
    this.#tell(isDrawn ? "error" : "empty", words, "again");
  }

  loading(isLoading) {
    show("[data-loading]", isLoading);
    for (const element of [find("[data-frame]"), find("[data-controls]")])
      element.setAttribute("aria-busy", isLoading);
  }

  #tell(kind, words, action = "") {
    this.charts.dataset.stage = kind;
    show("[data-say]", kind !== "ready");
    say(find("[data-say-words]"), words);
    for (const name of ["all", "again", "sizes"]) show(`[data-say-action="${name}"]`, name === action);
  }
}
