// What is said when nothing passes a minimum: how large the largest was that it holds back.

import { fetchSummary } from "./api.js";
import { largestOf } from "./selection.js";

export class HeldBack {
  words = "";

  constructor(onWords) {
    this.onWords = onWords;
  }

  // Ask for the words where an answer is empty and a minimum may be why.
  async ask(query, isEmpty) {
    this.words = "";
    if (!isEmpty || query.min_value === undefined) return;
    const summary = await fetchSummary({ ...query, min_value: undefined }).catch(() => null);
    if (!summary) return;
    this.words = largestOf(query, summary);
    this.onWords();
  }
}
