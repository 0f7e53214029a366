// Parts of a page that the server writes: asked for again, and put in place of the old ones.

import { fetchPage } from "./api.js";
import { find, findAll, show, write } from "./dom.js";
import { Refresh } from "./refresh.js";
import { tellTimes } from "./times.js";

const BAND = '[data-band="unanswered"]';

export class Fragments {
  // `onFresh()` runs after every renewal, before anything is painted.
  constructor(onFresh) {
    this.onFresh = onFresh;
    this.refresh = new Refresh({
      ask: (address, signal) => this.#ask(address, signal),
      onError: (error) => this.#tell(error.message),
      onLoading: (isLoading) => find("main").setAttribute("aria-busy", isLoading),
    });
    this.refresh.query = location.href;
    find("[data-again]").addEventListener("click", () => this.show(location.href));
  }

  // Show what another address of this page says.
  show(address) {
    history.replaceState(null, "", address);
    return this.refresh.now(location.href);
  }

  soon() {
    this.refresh.soon();
  }

  async #ask(address, signal) {
    put(await fetchPage(address, signal));
    this.#tell("");
    this.onFresh();
  }

  #tell(words) {
    write(`${BAND} [data-words]`, words);
    show(BAND, words !== "");
  }
}

// What is the same stays, so that neither focus nor selection is lost for nothing.
function put(fresh) {
  const focused = document.activeElement?.id;
  for (const old of findAll("[data-fragment]")) {
    const next = find(`[data-fragment="${CSS.escape(old.dataset.fragment)}"]`, fresh);
    if (next) tellTimes(next);
    if (next && !next.isEqualNode(old)) old.replaceWith(document.adoptNode(next));
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}
