// The form: what is asked for, kept in the address so that a link shows the same.

import { find, findAll } from "./dom.js";
import { parameters } from "./api.js";
import { civil, fromCivil, isLocal } from "./zone.js";

export class Controls {
  constructor(onChange) {
    this.form = find("[data-controls]");
    this.form.addEventListener("change", ({ target }) => {
      if (this.#hasRange) this.#tidy(target);
      onChange();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      onChange();
    });
    for (const button of findAll("[data-select]"))
      button.addEventListener(
        "click",
        () => this.select(button.dataset.select === "all") || onChange(),
      );
    if (isLocal()) this.#moveToLocal();
    if (this.#hasRange) this.#startRange(onChange);
  }

  // Whether the page is about a range of time.
  get #hasRange() {
    return "start" in this.form.elements;
  }

  #startRange(onChange) {
    find("[data-now]").addEventListener("click", () => this.#backToNow() || onChange());
    this.#tellBetween();
  }

  // Return the query; filters that the form does not have, or that are blank, are undefined.
  read() {
    const { symbol } = this.form.elements;
    symbol.value = symbol.value.trim().toUpperCase();
    const form = new FormData(this.form);
    const given = (name) => form.get(name) || undefined;
    return {
      symbol: "optional" in symbol.dataset ? given("symbol") : symbol.value,
      timeframe: given("timeframe"),
      start: given("timeframe") ? undefined : this.time("start"),
      end: this.time("end"),
      exchanges: form.getAll("exchanges").filter(Boolean),
      side: given("side"),
      min_value: given("min_value"),
      interval: given("interval"),
      price_bin_size: given("price_bin_size"),
    };
  }

  // Select every venue, or none.
  select(isSelected) {
    for (const box of findAll('[data-exchange] input[name="exchanges"]')) box.checked = isSelected;
  }

  // Leave out the filters that hold back by size.
  showAllSizes() {
    this.form.elements.min_value.value = "";
  }

  // Write a query into the address; all venues are the default and need no words.
  remember(query) {
    const values = parameters(query);
    if (query.exchanges.length === findAll("[data-exchange] input").length) delete values.exchanges;
    history.replaceState(null, "", `?${new URLSearchParams(values)}`);
  }

  // A time frame ends now, and whoever names a start wants no time frame.
  #tidy({ name, value }) {
    if (name === "timeframe" && value) this.#clearTimes();
    if (name === "timeframe" && !value) this.#beginADayAgo();
    if (name === "start") find(value ? "[data-between]" : '[value="24h"]', this.form).checked = true;
    this.#tellBetween();
  }

  #backToNow() {
    this.#clearTimes();
    if (find("[data-between]", this.form).checked) find('[value="24h"]', this.form).checked = true;
    this.#tellBetween();
  }

  #clearTimes() {
    for (const name of ["start", "end"]) this.form.elements[name].value = "";
  }

  #beginADayAgo() {
    const { start } = this.form.elements;
    start.value ||= civil(Date.now() - 86_400_000).slice(0, 16);
  }

  // Return the time in a field as the API takes it; undefined when it is blank.
  time(name) {
    const value = this.form.elements[name]?.value;
    if (!value) return undefined;
    return new Date(fromCivil(value)).toISOString().replace(".000Z", "Z");
  }

  // The server writes UTC.
  #moveToLocal() {
    for (const field of findAll('[type="datetime-local"]', this.form))
      if (field.value) field.value = civil(Date.parse(`${field.value}Z`)).slice(0, 16);
  }

  #tellBetween() {
    const isBetween = find("[data-between]", this.form).checked || this.form.elements.end.value;
    find("[data-between-fields]").classList.toggle("open", Boolean(isBetween));
  }
}
