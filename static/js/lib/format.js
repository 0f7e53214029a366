// How numbers and times are written; heatmap/templatetags/figures.py writes them the same way.

import { civil, zoneWord } from "./zone.js";

const UNITS = [
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "K"],
  [0, ""],
];
const AGES = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [0, "s"],
];
const DAY_MS = 86_400_000;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const NARROW_SPACE = "\u202f";
const SPACE = "\u00a0";

export function usd(value) {
  if (value === null) return "unknown";
  if (value === 0) return "$0";
  const [size, unit] = UNITS.find(([least]) => Math.abs(value) >= least);
  const scaled = value / (size || 1);
  const digits = Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0;
  return `$${scaled.toFixed(digits)}${unit}`;
}

export function price(value) {
  const magnitude = value ? Math.floor(Math.log10(Math.abs(value))) : 0;
  const [whole, fraction] = value.toFixed(Math.min(10, Math.max(0, 5 - magnitude))).split(".");
  return fraction ? `${count(whole)}.${fraction}` : count(whole);
}

export function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}

export function share(part, totals) {
  const whole = totals.long + totals.short;
  return whole ? `${((100 * part) / whole).toFixed(0)}${SPACE}%` : "–";
}

export function spaced(timeframe) {
  return `${timeframe.slice(0, -1)}${SPACE}${timeframe.slice(-1)}`;
}

export function side(name) {
  return name === "long" ? "▼ long" : "▲ short";
}

// Write the time of day, without the zone.
export function clock(time) {
  return civil(time).slice(11, 19);
}

// Write when it was: the time of day, or the day when that was more than 24 hours ago.
export function when(time, now = Date.now()) {
  const moment = new Date(time);
  if (now - moment < DAY_MS) return clock(moment);
  const [, month, day] = civil(moment).slice(0, 10).split("-").map(Number);
  return `${day} ${MONTHS[month - 1]}`;
}

// Write date and time, with the zone.
export function stamp(time) {
  return `${civil(time).slice(0, 19).replace("T", " ")} ${zoneWord(time)}`;
}

// Write the range of a query: `24 h`, `4 h until 2026-11-22 12:00 UTC`, or from when to when.
export function range({ timeframe, start, end }) {
  if (timeframe && !end) return spaced(timeframe);
  const minute = (time) => civil(time).slice(0, 16).replace("T", " ");
  const [last, zone] = [minute(end ?? Date.now()), zoneWord(end)];
  if (timeframe) return `${spaced(timeframe)} until ${last} ${zone}`;
  const first = minute(start);
  const isSameDay = first.slice(0, 10) === last.slice(0, 10);
  return `${first} to ${isSameDay ? last.slice(11) : last} ${zone}`;
}

// Write seconds as one number and its unit: `48 s`, `12 min`, `3 h`, `2 d`.
export function duration(seconds) {
  const [size, unit] = AGES.find(([least]) => seconds >= least) ?? AGES.at(-1);
  return `${Math.max(0, Math.floor(seconds / (size || 1)))}${SPACE}${unit}`;
}

// Write the length of a bin exactly: `90 min`, not `1 h`.
export function span(seconds) {
  const [size, unit] = AGES.find(([least]) => least && seconds % least === 0) ?? [1, "s"];
  return `${seconds / size}${SPACE}${unit}`;
}

export function age(time, now = Date.now()) {
  return duration((now - Date.parse(time)) / 1000);
}

// Write a size in base units with about five digits.
export function quantity(number) {
  if (number === null) return "unknown";
  const magnitude = number ? Math.floor(Math.log10(Math.abs(number))) : 0;
  const text = number.toFixed(Math.min(10, Math.max(0, 4 - magnitude)));
  const [whole, fraction] = (text.includes(".") ? text.replace(/\.?0+$/, "") : text).split(".");
  return fraction ? `${count(whole)}.${fraction}` : count(whole);
}

// Write a percentage with one digit; only all is 100.
export function percent(number) {
  return number === 100 ? `100${SPACE}%` : `${Math.min(number, 99.9).toFixed(1)}${SPACE}%`;
}

// Write a predicted value: dollars, or a part of one as a percentage with two digits.
export function amount(value, unit) {
  return unit === "usd" ? usd(value) : `${(100 * value).toFixed(2)}${SPACE}%`;
}

// Write how far away a price lies: `−1.25 %`, `+3.00 %`.
export function distance(percentage) {
  return `${percentage < 0 ? "−" : "+"}${Math.abs(percentage).toFixed(2)}${SPACE}%`;
}
