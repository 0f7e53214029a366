// Asking the site over HTTP; a failure is an Error whose message can be shown as it stands.

export class ApiError extends Error {}

// The site answered, and said no.
export class Refused extends ApiError {
  constructor(detail, status) {
    super(detail ?? `The site answered with status ${status}.`);
    this.isOurFault = status < 500;
  }
}

export class Unreachable extends ApiError {}

const TIMEOUT_MS = 30_000;

export function fetchGrid(query, signal) {
  const values = { format: "columns", ...parameters(query) };
  return get("/liquidations/heatmap-timeseries", values, signal);
}

export async function fetchLatest(query, signal, limit = 100) {
  const values = { ...parameters(query), type: "all", limit };
  const answer = await get("/liquidations", values, signal);
  return answer.liquidations;
}

export async function fetchZones(query, signal) {
  const answer = await get("/liquidations/heatmap", parameters(query), signal);
  return answer.zones;
}

export function fetchMap(query, signal) {
  return get("/liquidations/map", parameters(query), signal);
}

export function fetchHealth() {
  return get("/exchanges/health", {});
}

// Return a page of the site as a document, also one that says what it does not understand.
export async function fetchPage(address, signal) {
  const [answer, text] = await reach(address, signal, "text/html");
  if (answer.status >= 500) throw new Refused(undefined, answer.status);
  return new DOMParser().parseFromString(text, "text/html");
}

// Return a query as an address says it; what is undefined is not asked for.
export function parameters({ exchanges, ...rest }) {
  const asked = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(asked), exchanges: exchanges.join(",") };
}

async function get(path, values, signal) {
  const address = `${path}?${new URLSearchParams(values)}`;
  const [answer, text] = await reach(address, signal, "application/json");
  // An error page that is no JSON says nothing.
  const type = answer.headers.get("Content-Type") ?? "";
  const body = type.includes("json") ? JSON.parse(text) : {};
  if (!answer.ok) throw new Refused(body.detail, answer.status);
  return body;
}

// Return the answer and its text.
async function reach(url, signal, type) {
  const limits = [signal, AbortSignal.timeout(TIMEOUT_MS)].filter(Boolean);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any(limits), headers: { Accept: type } });
    return [answer, await answer.text()];
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The site does not answer.");
  }
}
