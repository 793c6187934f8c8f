// What trading did and wants in the chosen market, on its chart: fills, orders, decisions.
import { grouped, pricePlaces, rounded, sum } from "./numbers.js";
import { byId, setText } from "./dom.js";
import { ask } from "./market.js";
import { Lane } from "./lane.js";

const FIRST_DECISIONS = 300;
const MOST_DECISIONS = 2000;
const MOST_FILLS = 1000;

export class Overlay {
  constructor(chart) {
    this.chart = chart;
    this.lane = new Lane(chart);
    this.turn = 0;
  }

  // Another market, or another length of its bars.
  choose(symbol, lengthMs) {
    const isSame = symbol === this.symbol;
    Object.assign(this, { symbol, lengthMs });
    if (isSame) return this.draw();
    this.turn += 1;
    Object.assign(this, { decisions: [], fills: [], orders: null, runs: [] });
    this.draw();
    this.lane.clear("Loading decisions");
  }

  async load() {
    const { turn, symbol } = this;
    if (!symbol) return;
    try {
      const of = new URLSearchParams({ symbol });
      const known = this.decisions[0];
      const since = known ? `&since_ms=${known.at_ms}` : "";
      const [decided, filled, orders, wanted] = await Promise.all([
        ask(`/api/decisions?${of}&limit=${FIRST_DECISIONS}${since}`),
        ask(`/api/fills?${of}&limit=${MOST_FILLS}`),
        ask("/api/orders?limit=1"),
        ask("/api/runs"),
      ]);
      if (turn !== this.turn) return;
      this.addDecisions(decided.decisions);
      Object.assign(this, { fills: filled.fills, orders, runs: wanted.runs });
      this.isOld = false;
      this.draw();
    } catch (error) {
      if (turn !== this.turn) return;
      this.isOld = true;
      this.lane.say(error.status === 404 ? "" : `Decisions are not known now: ${error.message}`);
    }
  }

  addDecisions(fresh) {
    const known = new Set(fresh.map((one) => one.decision_id));
    this.decisions = [...fresh, ...this.decisions.filter((one) => !known.has(one.decision_id))].slice(0, MOST_DECISIONS);
  }

  draw() {
    this.lane.take(this.decisions ?? [], this.lengthMs);
    this.chart.showTrading(marksOf(this.fills ?? [], this.lengthMs), this.levels());
    this.note();
  }

  // Orders that work, and protection that is wanted and was not seen at the exchange.
  levels() {
    const working = (this.orders?.working ?? []).filter((order) => order.symbol === this.symbol);
    const isOld = this.orders?.state === "stale";
    const found = working.map((order) => ({
      price: order.trigger_price ?? order.limit_price,
      kind: order.trigger_price ? "stop" : order.side,
      title: `${order.trigger_price ? "trigger, " : ""}${order.side} ${grouped(order.remaining)}${isOld ? " (old)" : ""}`,
    }));
    const seen = new Set(found.map((level) => Number(level.price)));
    for (const target of this.targets()) {
      for (const [price, name] of [[target.stop_loss, "stop"], [target.take_profit, "profit"]]) {
        if (price !== null && !seen.has(Number(price))) found.push({ price, kind: "wanted", title: `${name} wanted` });
      }
    }
    return found;
  }

  targets() {
    return (this.runs ?? []).flatMap((run) => run.targets.filter((target) => target.symbol === this.symbol && Number(target.quantity) !== 0));
  }

  note() {
    const working = this.orders?.working;
    const own = (working ?? []).filter((order) => order.symbol === this.symbol).length;
    const open = (this.orders?.open_intents ?? []).filter((intent) => intent.symbol === this.symbol).length;
    const words = [];
    if (own) words.push(`${own} working order${own > 1 ? "s" : ""}${this.orders.state === "stale" ? " as seen a while ago" : ""}`);
    if (open) words.push(`${open} order${open > 1 ? "s" : ""} of unknown fate`);
    if (this.orders && working === null && this.targets().length) words.push("working orders unknown");
    setText(byId("orders-note"), words.join(" · "));
    byId("orders-note").hidden = !words.length;
  }
}

// All fills of a side within a bar are one mark: of their sum, at their mean price.
function marksOf(fills, lengthMs) {
  const marks = new Map();
  for (const fill of fills) {
    const openMs = Math.floor(fill.time_ms / lengthMs) * lengthMs;
    const key = `${openMs} ${fill.side}`;
    if (!marks.has(key)) marks.set(key, { openMs, side: fill.side, fills: [] });
    marks.get(key).fills.push(fill);
  }
  return [...marks.values()].sort((a, b) => a.openMs - b.openMs).map((mark) => ({ ...mark, text: told(mark.fills) }));
}

function told(fills) {
  const quantity = sum(fills.map((fill) => fill.quantity));
  const paid = fills.reduce((total, fill) => total + Number(fill.quantity) * Number(fill.price), 0);
  const price = String(paid / Number(quantity));
  const places = Math.max(pricePlaces(fills[0].price), fills[0].price.split(".")[1]?.length ?? 0);
  const mean = fills.length === 1 ? fills[0].price : /e/.test(price) ? fills[0].price : rounded(price, places);
  return `${fills[0].side === "buy" ? "Bought" : "Sold"} ${grouped(quantity)} at ${grouped(mean)}`;
}
