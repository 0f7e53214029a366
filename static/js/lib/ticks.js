// Labels of a time axis in the zone of this machine: the chart library knows UTC only.

import { ahead, civil, isLocal } from "./zone.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 60].map((days) => days * DAY),
];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

// Return the part of an axis' layout that labels [from, to]; nothing where UTC is wanted.
export function localTicks(from, to, most) {
  if (!isLocal()) return {};
  const [first, last] = [toTime(from), toTime(to)];
  const step = STEPS.find((size) => (last - first) / size <= most) ?? STEPS.at(-1);
  const tickvals = [];
  let time = Math.ceil((first + ahead(first)) / step) * step - ahead(first);
  for (; time <= last; time += step) tickvals.push(time);
  return { tickmode: "array", tickvals, ticktext: tickvals.map(label(step)) };
}

// A range that somebody dragged open comes as text, in UTC.
function toTime(value) {
  return typeof value === "number" ? value : Date.parse(`${value.replace(" ", "T")}Z`);
}

// The day stands below the first label and wherever it changes.
function label(step) {
  let before = "";
  return (time) => {
    const text = civil(time);
    const day = `${Number(text.slice(8, 10))} ${MONTHS[Number(text.slice(5, 7)) - 1]}`;
    const isSame = day === before;
    before = day;
    if (step >= DAY) return day;
    return isSame ? text.slice(11, 16) : `${text.slice(11, 16)}<br>${day}`;
  };
}
