// The newest of everything the server said, and how old it is by the server's clock.
import { decimals } from "./numbers.js";

export class Market {
  constructor() {
    this.products = new Map();
    this.prices = new Map();      // "symbol kind" -> {price, atMs}
    this.sparklines = new Map();
    this.places = new Map();      // symbol -> most decimals seen: columns stand still
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
      this.prices.set(key, { price, atMs: Math.min(receivedMs, eventMs ?? receivedMs) });
      if (kind !== "mid") continue;
      this.places.set(symbol, Math.max(this.places.get(symbol) ?? 0, decimals(price)));
      changed.set(symbol, before?.price);
    }
    return changed;
  }

  // {price, ageMs, isStale}, or null when there is none: unknown is not 0.
  quote(symbol, kind = "mid") {
    const known = this.prices.get(`${symbol} ${kind}`);
    if (!known) return null;
    const ageMs = Math.max(0, this.nowMs() - known.atMs);
    return { price: known.price, ageMs, isStale: ageMs > this.staleAfterMs };
  }
}

export async function ask(path, signal) {
  const response = await fetch(path, { signal, headers: { accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `${path} answered ${response.status}`);
  return answer;
}
