// The heatmap page: what the server rendered, kept live.

import { fetchHealth, fetchLatest, fetchSummary } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Bars } from "../lib/bars.js";
import { Connection } from "../lib/connection.js";
import { Controls } from "../lib/controls.js";
import { find, readJson, show, write } from "../lib/dom.js";
import { tellExports } from "../lib/exports.js";
import { range } from "../lib/format.js";
import { Grid } from "../lib/grid.js";
import { HeldBack } from "../lib/heldback.js";
import { Main } from "../lib/main.js";
import { startPicture } from "../lib/picture.js";
import { library } from "../lib/plot.js";
import { Recent } from "../lib/received.js";
import { pause, Redraw } from "../lib/redraw.js";
import { Refresh } from "../lib/refresh.js";
import { isCounted, nothingOf, passes } from "../lib/selection.js";
import { startShell } from "../lib/shell.js";
import { Stage } from "../lib/stage.js";
import { Strip } from "../lib/strip.js";
import { Tape } from "../lib/tape.js";
import { tellParts, tellQuery, tellTotals, tellZones } from "../lib/totals.js";
import { Zoom } from "../lib/zoom.js";

const embedded = readJson("embedded");
const { grid: rendered, health, latest, query: first, summary, venues } = embedded;
const tables = find("[data-tables]");
const grid = new Grid();
const badges = new Badges();
const tape = new Tape(venues);
const strip = new Strip(venues);
const bars = new Bars(find("[data-bars]"), grid, venues);
const redraw = new Redraw(draw);
const zoom = new Zoom(() => redraw.now());
const controls = new Controls(changed);
const main = new Main(grid, zoom, embedded, {
  onLayers: () => refresh.now(shown ?? controls.read()),
  query: () => shown,
});
const stage = new Stage({ onAll: selectAll, onAgain: changed, onSizes: showAllSizes });
const heldBack = new HeldBack(() => redraw.soon());
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
const recent = new Recent();
// The query whose answer is on the page.
let shown = null;

function changed() {
  const query = controls.read();
  controls.remember(query);
  main.remember();
  show('[data-band="refusal"]', false);
  tellExports(query, Object.keys(venues).length);
  if (query.exchanges.length) refresh.now(query);
  else selectNothing(query);
}

function selectAll() {
  controls.select(true);
  changed();
}

function showAllSizes() {
  controls.showAllSizes();
  changed();
}

function selectNothing(query) {
  refresh.stop();
  shown = query;
  tape.clear();
  strip.clear();
  show("[data-totals], [data-tables]", false);
  stage.nothingSelected();
}

async function ask(query, signal) {
  const [answers, rows, totals] = await Promise.all([
    main.ask(query, signal),
    fetchLatest(query, signal),
    fetchSummary(query, signal),
  ]);
  load(query, answers, rows, totals);
}

function load(query, answers, rows, totals) {
  const isAnother = query !== shown;
  shown = query;
  stage.clear();
  main.load(answers, query);
  strip.load(totals);
  for (const row of recent.rows) if (passes(query, row)) add(row);
  heldBack.ask(query, grid.isEmpty);
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
  recent.add(frame.rows);
  if (count(frame.rows)) redraw.soon();
  if (frame.left_out) refresh.soon();
}

// Count rows that are shown; returns whether there were any.
function count(rows) {
  if (!grid.exchanges) return false;
  const fresh = rows.filter((row) => passes(shown, row) && tape.isNew(row));
  fresh.forEach(add);
  tape.add(fresh);
  return fresh.length > 0;
}

function add(row) {
  if (!isCounted(row)) return;
  strip.add(row);
  if (!grid.add(row)) refresh.soon();
}

async function draw() {
  if (!grid.exchanges || !shown.exchanges.length) return;
  strip.tell();
  tellTotals(grid);
  tellTables();
  const words = grid.isEmpty ? quietWords() : "";
  if (main.isEmpty) return stage.empty(words, shown.min_value !== undefined);
  stage.ready();
  show("[data-quiet]", words !== "");
  write("[data-quiet]", words);
  await library();
  await main.draw();
  await pause();
  bars.draw(zoom);
}

function quietWords() {
  const { count } = grid.totals;
  if (count) return `${count} liquidations, all of unknown value.`;
  return `${badges.quiet(shown)} ${nothingOf(shown)} ${heldBack.words}`;
}

// What is refused as asked would be refused again; the rest is asked for until it works.
function onError(error) {
  stage.error(error.message);
  if (error.isOurFault) refresh.stop();
}

function tellTables() {
  if (!tables.open || !grid.exchanges) return;
  tellParts(grid, venues);
  tellZones(grid, venues);
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
startShell(() => redraw.now());
startPicture(main.heat.element, main.gaps, () => `${shown.symbol} liquidated, ${range(shown)}`);
find("[data-now]").addEventListener("click", () => zoom.reset());
tables.addEventListener("toggle", tellTables);
refresh.query = first.exchanges.length ? first : null;
connection.start({ symbols: [first.symbol] });
if (rendered) load(first, embedded, latest, summary);
else if (first.exchanges.length) refresh.soon();
