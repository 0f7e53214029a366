// Times that the server wrote in UTC, written anew in the zone of this machine.

import { findAll, say } from "./dom.js";
import { stamp } from "./format.js";
import { isLocal } from "./zone.js";

// Write all times below an element; without one those of the page.
export function tellTimes(root) {
  if (isLocal()) for (const time of findAll("[data-time]", root)) say(time, stamp(time.dateTime));
}
