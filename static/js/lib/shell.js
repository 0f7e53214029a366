// What every page has around its content: theme, zone of times, keys, copying.

import { startCopying } from "./copying.js";
import { startKeys } from "./keys.js";
import { startTheme } from "./theme.js";
import { tellTimes } from "./times.js";
import { startZone } from "./zone.js";

// `onTheme()` draws again what has colours of its own.
export function startShell(onTheme = () => {}) {
  startTheme(onTheme);
  startZone();
  startKeys();
  startCopying();
  tellTimes();
}
