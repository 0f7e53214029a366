// The panel that says why a cell holds what it holds.

import { find, make, say } from "./dom.js";
import { eventsOf } from "./events.js";
import { legsOf } from "./legs.js";
import { prices, times } from "./tooltip.js";

export class Explain {
  #controller = null;
  #opener = null;

  constructor(element, venues) {
    Object.assign(this, { element, venues });
    find("[data-explain-close]", element).addEventListener("click", () => this.close());
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  // Open on a cell as the tooltip describes it; `opener` gets the focus back.
  open(cell, query, opener) {
    this.#controller?.abort();
    const { signal } = (this.#controller = new AbortController());
    this.#opener = opener;
    say(find("[data-explain-where]", this.element), prices(cell));
    say(find("[data-explain-when]", this.element), times(cell));
    this.element.hidden = false;
    find("h3", this.element).focus({ preventScroll: true });
    this.#fill("predicted", cell.predicted, () => legsOf(cell, query, this.venues, signal));
    this.#fill("observed", cell.observed, () => eventsOf(cell, query, this.venues, signal));
  }

  close() {
    if (this.element.hidden) return;
    this.#controller?.abort();
    this.element.hidden = true;
    this.#opener?.focus({ preventScroll: true });
  }

  // Fill a part of the panel; a layer that is off has none.
  async #fill(name, shares, told) {
    const part = find(`[data-explain-${name}]`, this.element);
    part.hidden = !shares;
    if (!shares) return;
    part.replaceChildren(make("p", "note", "Loading…"));
    try {
      part.replaceChildren(...(await told()));
    } catch (error) {
      if (error.name !== "AbortError") part.replaceChildren(make("p", "note", error.message));
    }
  }
}
