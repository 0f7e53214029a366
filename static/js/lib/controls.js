// The form: what is asked for, kept in the address so that a link shows the same.

import { find, findAll } from "./dom.js";
import { parameters } from "./api.js";

export class Controls {
  constructor(onChange) {
    this.form = find("[data-controls]");
    this.form.addEventListener("change", () => onChange());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      onChange();
    });
    for (const button of findAll("[data-select]"))
      button.addEventListener(
        "click",
        () => this.select(button.dataset.select === "all") || onChange(),
      );
  }

  // Return the query; filters that the form does not have, or that are blank, are undefined.
  read() {
    const { symbol } = this.form.elements;
    symbol.value = symbol.value.trim().toUpperCase();
    const form = new FormData(this.form);
    return {
      symbol: "optional" in symbol.dataset ? symbol.value || undefined : symbol.value,
      timeframe: form.get("timeframe"),
      exchanges: form.getAll("exchanges").filter(Boolean),
      side: form.get("side") || undefined,
      min_value: form.get("min_value") || undefined,
    };
  }

  // Select every venue, or none.
  select(isSelected) {
    for (const box of findAll('[data-exchange] input[name="exchanges"]')) box.checked = isSelected;
  }

  // Write a query into the address; all venues are the default and need no words.
  remember(query) {
    const values = parameters(query);
    if (query.exchanges.length === findAll("[data-exchange] input").length) delete values.exchanges;
    history.replaceState(null, "", `?${new URLSearchParams(values)}`);
  }
}
