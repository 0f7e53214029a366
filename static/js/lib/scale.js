// The colour scale of charts that have no slider: what its ends stand for.

import { find, say, show } from "./dom.js";
import { usd } from "./format.js";

// `limits` are in log10 of dollars, null where nothing holds value.
export function tellScale(limits) {
  show("[data-scale]", limits !== null);
  if (limits === null) return;
  say(find("[data-scale-low]"), usd(10 ** limits[0]));
  say(find("[data-scale-high]"), usd(10 ** limits[1]));
}
