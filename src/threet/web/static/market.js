// The newest of everything the server said, and how old it is by the server's clock.
import { decimals } from "./numbers.js";

export class Market {
  constructor() {
    this.products = new Map();
    this.prices = new Map();      // "symbol kind" -> {price, receivedMs, eventMs}
    this.midsMs = {};             // by dex, when all its mid prices were last confirmed
    this.sparklines = new Map();
    this.places = new Map();      // symbol -> most decimals seen: columns stand still
    this.markPlaces = new Map();
    this.staleAfterMs = 10000;
    this.accountStaleAfterMs = 120000;
    this.offsetMs = null;
  }

  nowMs() { return Date.now() + (this.offsetMs ?? 0); }

  setNow(serverMs) { this.offsetMs = serverMs - Date.now(); }

  takePrices(rows) {
    const changed = new Map();
    for (const [symbol, kind, price, receivedMs, eventMs] of rows) {
      const key = `${symbol} ${kind}`;
      const before = this.prices.get(key);
      if (price === null) this.prices.delete(key); // vanished: missing, not old
      else this.prices.set(key, { price, receivedMs, eventMs });
      if (kind === "mark") widen(this.markPlaces, symbol, price);
      if (kind !== "mid") continue;
      widen(this.places, symbol, price);
      changed.set(symbol, before?.price);
    }
    return changed;
  }

  confirmMids(byDex) {
    for (const [dex, atMs] of Object.entries(byDex)) {
      this.midsMs[dex] = Math.max(this.midsMs[dex] ?? 0, atMs);
    }
  }

  // {price, ageMs, isStale}, or null when there is none: unknown is not 0.
  quote(symbol, kind = "mid") {
    const known = this.prices.get(`${symbol} ${kind}`);
    if (!known) return null;
    const receivedMs = kind === "mid" ? Math.max(known.receivedMs, this.midsMs[dexOf(symbol)] ?? 0) : known.receivedMs;
    const ageMs = Math.max(0, this.nowMs() - Math.min(receivedMs, known.eventMs ?? receivedMs));
    return { price: known.price, ageMs, isStale: ageMs > this.staleAfterMs };
  }
}

function widen(places, symbol, price) {
  if (price !== null) places.set(symbol, Math.max(places.get(symbol) ?? 0, decimals(price)));
}

export async function ask(path, signal) {
  const response = await fetch(path, { signal, headers: { accept: "application/json" } });
  const answer = await response.json();
  if (response.status === 401) location.replace("/login"); // the session is over
  if (!response.ok) {
    const error = new Error(answer.error ?? `${path} answered ${response.status}`);
    throw Object.assign(error, { status: response.status });
  }
  return answer;
}

// The builder dex whose product it is ("xyz" of "xyz:TSLA"); "" is the first one.
function dexOf(symbol) {
  const at = symbol.indexOf(":");
  return at < 0 ? "" : symbol.slice(0, at);
}
