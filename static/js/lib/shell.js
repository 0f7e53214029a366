// What every page has around its content: theme, zone of times, keys, copying.

import { startCopying } from "./copying.js";
import { findAll, say } from "./dom.js";
import { stamp } from "./format.js";
import { startKeys } from "./keys.js";
import { startTheme } from "./theme.js";
import { isLocal, startZone } from "./zone.js";

// `onTheme()` draws again what has colours of its own.
export function startShell(onTheme = () => {}) {
  startTheme(onTheme);
  startZone();
  startKeys();
  startCopying();
  if (isLocal()) for (const time of findAll("[data-time]")) say(time, stamp(time.dateTime));
}
