// The status page: states follow the socket, the figures are asked for again now and then.

import { fetchHealth } from "../lib/api.js";
import { Badges } from "../lib/badges.js";
import { Connection } from "../lib/connection.js";
import { find, readJson, say } from "../lib/dom.js";
import { age, clock, stamp } from "../lib/format.js";
import { Fragments } from "../lib/fragments.js";
import { startShell } from "../lib/shell.js";
import { zoneWord } from "../lib/zone.js";

const RENEW_MS = 15_000;
const DAY_MS = 86_400_000;

const { health } = readJson("embedded");
const badges = new Badges(tellFeed);
const fragments = new Fragments(() => {
  connection.heard();
  badges.tell();
});
const connection = new Connection({
  onHealth: ({ at, rows, worker }) => tellHealth(at, rows, worker),
  onRows: () => {},
  askHealth,
  askRows: () => fragments.soon(),
});

// A state that changes opens or ends a gap: the figures are asked for, too.
function tellHealth(at, rows, worker) {
  const isChange = rows.some(({ exchange, state }) => badges.rows[exchange]?.state !== state);
  badges.update(at, rows, worker);
  if (isChange) fragments.soon();
}

function tellFeed(feed, row, worker, now) {
  feed.dataset.state = row.state;
  say(find("[data-state-words]", feed), row.state);
  say(find("[data-since]", feed), row.since ? sinceWords(row.since, now) : "");
  say(find("[data-reason]", feed), row.reason === worker.message ? "" : row.reason);
  const last = row.last_event_at;
  say(find("[data-age]", feed), last ? `${age(last, now)} ago` : "none since the start");
}

function sinceWords(since, now) {
  const moment = now - Date.parse(since) < DAY_MS ? `${clock(since)} ${zoneWord(since)}` : stamp(since);
  return `since ${moment}, ${age(since, now)}`;
}

async function askHealth() {
  const answer = await fetchHealth().catch(() => null);
  if (!answer) return;
  connection.heard();
  tellHealth(answer.timestamp, Object.values(answer.exchanges), answer.worker);
}

badges.update(health.timestamp, Object.values(health.exchanges), health.worker);
setInterval(() => document.hidden || badges.tell(), 1_000);
setInterval(() => fragments.soon(), RENEW_MS);
startShell();
connection.start({ symbols: [] });
