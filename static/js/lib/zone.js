// The zone in which times are written: UTC, or that of this machine. Remembered by the browser.

import { findAll, say } from "./dom.js";

const KEY = "zone";
const MINUTE_MS = 60_000;

export function isLocal() {
  return localStorage.getItem(KEY) === "local";
}

// Return how far the zone's clock was ahead of UTC at a time, in milliseconds.
export function ahead(time) {
  return isLocal() ? -new Date(time).getTimezoneOffset() * MINUTE_MS : 0;
}

// Write the zone at a time: `UTC`, `UTC+1`, `UTC−3:30`.
export function zoneWord(time = Date.now()) {
  const minutes = ahead(time) / MINUTE_MS;
  if (!minutes) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

// Return `2026-11-22T08:00:00.000` as the zone's clocks showed it.
export function civil(time) {
  const moment = new Date(time).getTime();
  return new Date(moment + ahead(moment)).toISOString().slice(0, -1);
}

// Return the time that a form's field names, without a zone, in milliseconds.
export function fromCivil(text) {
  return isLocal() ? new Date(text).getTime() : Date.parse(`${text}Z`);
}

// Write the zone where it is named; the button turns to the other one. All times of the page
// are written anew by loading it: the address holds what it shows.
export function startZone() {
  for (const element of findAll("[data-zone]")) say(element, zoneWord());
  for (const button of findAll("[data-zone-toggle]")) {
    button.title = isLocal() ? "Show times in UTC" : "Show times of this machine's zone";
    button.addEventListener("click", () => {
      localStorage.setItem(KEY, isLocal() ? "utc" : "local");
      location.reload();
    });
  }
}
