// The statistics page: every change is asked of the server, which writes the tables anew.

import { fetchHealth } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Connection } from "../lib/connection.js";
import { Controls } from "../lib/controls.js";
import { find, readJson } from "../lib/dom.js";
import { Fragments } from "../lib/fragments.js";
import { startShell } from "../lib/shell.js";

const RENEW_MS = 30_000;

const { health } = readJson("embedded");
const badges = new Badges();
const fragments = new Fragments(() => connection.heard());
const controls = new Controls(changed);
const connection = new Connection({
  onHealth: ({ at, rows, worker }) => badges.update(at, rows, worker),
  onRows: () => {},
  askHealth,
  askRows: () => fragments.soon(),
});

// The order of the tables stands in the address alone: its links are the tables' headings.
function changed() {
  const order = new URLSearchParams(location.search);
  controls.remember({
    ...controls.read(),
    threshold: controls.form.elements.threshold.value || undefined,
    sort: order.get("sort") ?? undefined,
    symbol_sort: order.get("symbol_sort") ?? undefined,
  });
  fragments.show(location.href);
}

function sort(event) {
  const link = event.target.closest("a[data-sort]");
  const isForNewTab = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link || isForNewTab) return;
  event.preventDefault();
  fragments.show(link.href);
}

async function askHealth() {
  const answer = await fetchHealth().catch(() => null);
  if (!answer) return;
  connection.heard();
  badges.update(answer.timestamp, Object.values(answer.exchanges), answer.worker);
}

badges.update(health.timestamp, Object.values(health.exchanges), health.worker);
find("main").addEventListener("click", sort);
setInterval(() => document.hidden || badges.tell(), 1_000);
setInterval(() => fragments.soon(), RENEW_MS);
startShell();
connection.start({ symbols: [] });
