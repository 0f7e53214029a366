// The map's form: what is asked of the API, and how the bars are stacked.

import { parameters } from "./api.js";
import { Controls } from "./controls.js";
import { find, findAll } from "./dom.js";

const RANGE = ["price_min", "price_max"];

export class MapControls extends Controls {
  constructor(onChange) {
    super(onChange);
    find("[data-now]").addEventListener("click", () => this.#backToNow() || onChange());
    for (const button of findAll("[data-around]"))
      button.addEventListener("click", () => this.#around(button.dataset.around) || onChange());
  }

  // Where the price is, as the answer tells it: the middle of the ranges to choose.
  price = null;

  get stack() {
    return new FormData(this.form).get("stack");
  }

  // Return the query of the API; what is as usual is undefined.
  read() {
    const { symbol } = this.form.elements;
    symbol.value = symbol.value.trim().toUpperCase();
    const form = new FormData(this.form);
    const weighting = form.get("zone_weighting");
    return {
      symbol: symbol.value,
      exchanges: form.getAll("exchanges").filter(Boolean),
      at: this.time("at"),
      side: form.get("side") || undefined,
      zone_weighting: weighting === "notional" ? undefined : weighting,
      price_min: form.get("price_min") || undefined,
      price_max: form.get("price_max") || undefined,
      price_bin_size: form.get("price_bin_size") || undefined,
      bands: this.#bands(),
    };
  }

  remember(query) {
    const values = parameters(query);
    if (query.exchanges.length === findAll("[data-exchange] input").length) delete values.exchanges;
    if (this.stack !== "exchange") values.stack = this.stack;
    history.replaceState(null, "", `?${new URLSearchParams(values)}`);
  }

  #backToNow() {
    this.form.elements.at.value = "";
  }

  // None chosen means all, as in the API.
  #bands() {
    const boxes = findAll('[name="bands"]', this.form);
    const chosen = boxes.filter(({ checked }) => checked);
    if (!chosen.length) for (const box of boxes) box.checked = true;
    if (!chosen.length || chosen.length === boxes.length) return undefined;
    return chosen.map(({ value }) => value).join(",");
  }

  // Write so many percent around the price into the range; blank means none.
  #around(percent) {
    if (percent && !this.price) return;
    const part = percent / 100;
    const values = percent ? [this.price * (1 - part), this.price * (1 + part)] : ["", ""];
    RANGE.forEach((name, at) => {
      const value = values[at];
      find(`[name="${name}"]`, this.form).value = value && Number(value.toPrecision(5));
    });
    find('[name="price_bin_size"]', this.form).value = "";
  }
}
