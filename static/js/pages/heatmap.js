// The heatmap page: what the server rendered, kept live.

import { fetchGrid, fetchHealth, fetchLatest, fetchZones } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Bars } from "../lib/bars.js";
import { Connection } from "../lib/connection.js";
import { Controls } from "../lib/controls.js";
import { find, readJson, show } from "../lib/dom.js";
import { spaced } from "../lib/format.js";
import { Grid } from "../lib/grid.js";
import { Heat } from "../lib/heat.js";
import { Redraw } from "../lib/redraw.js";
import { Refresh } from "../lib/refresh.js";
import { Stage } from "../lib/stage.js";
import { Tape } from "../lib/tape.js";
import { startTheme } from "../lib/theme.js";
import { tellParts, tellQuery, tellTotals, tellZones } from "../lib/totals.js";
import { Zoom } from "../lib/zoom.js";

const { grid: rendered, health, latest, query: first, venues } = readJson("embedded");
const tables = find("[data-tables]");
const grid = new Grid();
const badges = new Badges();
const tape = new Tape(venues);
const heat = new Heat(find("[data-heat]"), grid, venues);
const bars = new Bars(find("[data-bars]"), grid, venues);
const redraw = new Redraw(draw);
const zoom = new Zoom(() => redraw.now());
const controls = new Controls(changed);
const stage = new Stage({ onAll: selectAll, onAgain: changed });
const refresh = new Refresh({
  ask,
  onError,
  onLoading: (isLoading) => stage.loading(isLoading),
});
const connection = new Connection({
  onHealth: (frame) => tellHealth(frame.at, frame.rows, frame.worker),
  onRows: take,
  askHealth,
  askRows: () => refresh.soon(),
});
// The query whose answer is on the page, and live rows that came while another was asked for.
let shown = null;
let meanwhile = [];

function changed() {
  const query = controls.read();
  controls.remember(query);
  show('[data-band="refusal"]', false);
  if (query.exchanges.length) refresh.now(query);
  else selectNothing(query);
}

function selectAll() {
  controls.select(true);
  changed();
}

function selectNothing(query) {
  refresh.stop();
  shown = query;
  tape.clear();
  show("[data-totals], [data-tables]", false);
  stage.nothingSelected();
}

async function ask(query, signal) {
  meanwhile = [];
  const [answer, rows] = await Promise.all([fetchGrid(query, signal), fetchLatest(query, signal)]);
  load(query, answer, rows);
  if (tables.open) await tellTables(signal);
}

function load(query, answer, rows) {
  const isAnother = query !== shown;
  shown = query;
  stage.clear();
  grid.load(answer, heat.room);
  const stored = new Set(rows.map(({ event_id }) => event_id));
  for (const row of meanwhile) if (isShown(row) && !stored.has(row.event_id)) grid.add(row);
  if (isAnother) startOver(query);
  tape.add(rows.filter((row) => tape.isNew(row)));
  redraw.now();
}

function startOver(query) {
  zoom.reset();
  tape.clear();
  connection.follow({ symbols: [query.symbol] });
  tellQuery(query);
  bars.tellLegend();
  show("[data-tables]", true);
}

function take(frame) {
  if (refresh.isAsking) meanwhile.push(...frame.rows);
  count(frame.rows);
  if (frame.left_out) refresh.soon();
  redraw.soon();
}

function count(rows) {
  if (!grid.exchanges) return;
  const fresh = rows.filter((row) => isShown(row) && tape.isNew(row));
  for (const row of fresh) if (!grid.add(row)) refresh.soon();
  tape.add(fresh);
}

function isShown({ symbol, exchange }) {
  return symbol === shown?.symbol && shown.exchanges.includes(exchange);
}

function draw() {
  if (!grid.exchanges || !shown.exchanges.length) return;
  tellTotals(grid);
  if (tables.open) tellParts(grid, venues);
  if (grid.isEmpty) return stage.empty(quietWords());
  stage.ready();
  heat.draw(zoom);
  bars.draw(zoom);
}

function quietWords() {
  const { count } = grid.totals;
  if (count) return `${count} liquidations, all of unknown value.`;
  return `${badges.quiet(shown)} No liquidation of ${shown.symbol} in the last ${spaced(shown.timeframe)}.`;
}

// What is refused as asked would be refused again; the rest is asked for until it works.
function onError(error) {
  stage.error(error.message);
  if (error.isOurFault) refresh.stop();
}

async function tellTables(signal) {
  if (!grid.exchanges) return;
  tellParts(grid, venues);
  tellZones(await fetchZones(shown, signal), venues);
}

async function askHealth() {
  const answer = await fetchHealth().catch(() => null);
  if (!answer) return;
  connection.heard();
  tellHealth(answer.timestamp, Object.values(answer.exchanges), answer.worker);
}

function tellHealth(at, rows, worker) {
  badges.update(at, rows, worker);
  if (grid.isEmpty) redraw.soon();
}

tellHealth(health.timestamp, Object.values(health.exchanges), health.worker);
setInterval(() => document.hidden || badges.tell(), 1_000);
startTheme(() => redraw.now());
tables.addEventListener("toggle", () => tables.open && tellTables().catch(onError));
refresh.query = first.exchanges.length ? first : null;
connection.start({ symbols: [first.symbol] });
if (rendered) load(first, rendered, latest);
else if (first.exchanges.length) refresh.soon();
