// Asking the site over HTTP; a failure is an Error whose message can be shown as it stands.

export class Refused extends Error {
  constructor(detail, status) {
    super(detail ?? `The site answered with status ${status}.`);
    this.isOurFault = status < 500;
  }
}

export class Unreachable extends Error {}

const TIMEOUT_MS = 30_000;

export function fetchGrid(query, signal) {
  return get("/liquidations/heatmap-timeseries", parameters(query), signal);
}

export async function fetchLatest(query, signal) {
  const answer = await get("/liquidations", { ...parameters(query), limit: 100 }, signal);
  return answer.liquidations;
}

export async function fetchZones(query, signal) {
  const answer = await get("/liquidations/heatmap", parameters(query), signal);
  return answer.zones;
}

export function fetchHealth() {
  return get("/exchanges/health", {});
}

export function parameters({ symbol, timeframe, exchanges }) {
  return { symbol, timeframe, exchanges: exchanges.join(",") };
}

async function get(path, values, signal) {
  const limits = [signal, AbortSignal.timeout(TIMEOUT_MS)].filter(Boolean);
  const answer = await reach(`${path}?${new URLSearchParams(values)}`, AbortSignal.any(limits));
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body.detail, answer.status);
  return body;
}

async function reach(url, signal) {
  try {
    return await fetch(url, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The site does not answer.");
  }
}
