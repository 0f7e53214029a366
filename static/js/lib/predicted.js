// What the model had predicted: columns as they were frozen, which are never painted anew.

import { Cells } from "./cells.js";
import { clock } from "./format.js";
import { zoneWord } from "./zone.js";

// No cell is merged: the answer has no more than there is room for.
const ALL = { times: Infinity, prices: Infinity };

export class Predicted extends Cells {
  #answer = null;
  unit = "usd";
  model = "";
  coverage = {};

  // Take an answer of the API; null: not asked for.
  load(answer) {
    if (!answer) return this.clear();
    if (answer === this.#answer) return;
    this.#answer = answer;
    this.unit = answer.unit;
    this.model = answer.model;
    this.coverage = answer.coverage;
    this.loadCells(answer, ALL);
  }

  clear() {
    if (this.exchanges === null) return;
    this.exchanges = this.#answer = null;
    this.rows.length = 0;
    this.revision += 1;
  }

  get isEmpty() {
    return this.exchanges === null || !this.exchanges.length || super.isEmpty;
  }

  // Write which model it is, by which kernels, and when its newest column froze.
  words() {
    const known = Object.values(this.coverage).filter(({ frozen_at }) => frozen_at);
    const kernels = [...new Set(known.map(({ kernel }) => kernel))];
    const newest = Math.max(...known.map(({ frozen_at }) => Date.parse(frozen_at)));
    const told = kernels.length > 2 ? `${kernels.length} kernels` : kernels.join(", ");
    return `${this.model}, ${told}, frozen ${clock(newest).slice(0, 5)} ${zoneWord(newest)}`;
  }
}
