// The colour scale's two ends: a slider of dollars in logarithm that is the legend, too.

import { find, say, show } from "./dom.js";
import { amount } from "./tooltip.js";

const STEPS = 400;

export class Threshold {
  // What a person chose, in log10; null follows the data.
  #chosen = { min: null, max: null };
  #track = [0, 1];
  #usual = [0, 1];
  #unit = "usd";

  // `shown` is {color_min, color_max} of the address, in the unit of what is coloured.
  constructor(shown, onChange) {
    this.element = find("[data-threshold]");
    this.onChange = onChange;
    for (const name of ["min", "max"]) {
      const value = shown[`color_${name}`];
      if (value > 0) this.#chosen[name] = Math.log10(value);
      this.#input(name).max = STEPS;
      this.#input(name).addEventListener("input", () => this.#choose(name));
    }
    find("[data-threshold-usual]").addEventListener("click", () => {
      this.forget();
      onChange();
    });
  }

  // Follow the data again: the unit or what is coloured has changed.
  forget() {
    this.#chosen = { min: null, max: null };
  }

  // Take the ends of the track and where the colours usually begin and end, in log10.
  set(track, usual, unit) {
    this.#track = track;
    this.#usual = usual;
    this.#unit = unit;
    this.#tell();
  }

  hide() {
    show("[data-threshold]", false);
  }

  // Return [low, high] in log10.
  get limits() {
    const low = this.#chosen.min ?? this.#usual[0];
    const high = this.#chosen.max ?? this.#usual[1];
    return [low, Math.max(high, low + 0.01)];
  }

  // Return what the address says: rounded, undefined where the data are followed.
  get asked() {
    const value = (name) =>
      this.#chosen[name] === null ? undefined : Number((10 ** this.#chosen[name]).toPrecision(4));
    return { color_min: value("min"), color_max: value("max") };
  }

  #input(name) {
    return find(`[data-threshold-${name}]`, this.element);
  }

  // The ends never cross: the one that is moved pushes the other.
  #choose(name) {
    const [from, to] = this.#track;
    this.#chosen[name] = from + ((to - from) * this.#input(name).value) / STEPS;
    const [low, high] = [this.#chosen.min ?? this.#usual[0], this.#chosen.max ?? this.#usual[1]];
    if (low > high) this.#chosen[name === "min" ? "max" : "min"] = this.#chosen[name];
    this.#tell();
    this.onChange();
  }

  #tell() {
    show("[data-threshold]", true);
    const [from, to] = this.#track;
    this.limits.forEach((limit, index) => {
      const name = ["min", "max"][index];
      const part = Math.min(Math.max((limit - from) / (to - from), 0), 1);
      const input = this.#input(name);
      input.value = Math.round(part * STEPS);
      input.setAttribute("aria-valuetext", amount(10 ** limit, this.#unit));
      this.element.style.setProperty(`--${name}`, `${100 * part}%`);
      say(find(`[data-threshold-${name}-words]`), amount(10 ** limit, this.#unit));
    });
    const isUsual = this.#chosen.min === null && this.#chosen.max === null;
    show("[data-threshold-usual]", !isUsual);
  }
}
