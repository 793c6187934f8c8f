// What the account is worth and holds, as it was last read from the exchange.
import {
  age, arrow, direction, grouped, money, pricePlaces, rounded, roundedMoney, sign, signedMoney, sum, UNKNOWN,
} from "./numbers.js";
import { byId, linePoints, make, setText } from "./dom.js";

const HEADS = ["Market", "Size / entry", "Mark / liq.", "PnL / margin"];
const UNREACHABLE = "The exchange gives no liquidation price: it cannot be reached with this account's margin";

export class Account {
  constructor(market, onChoose) {
    this.market = market;
    this.onChoose = onChoose;
    this.marks = new Map();
    this.say("Loading positions");
  }

  setPresence(hasAccount) {
    this.isAbsent = !hasAccount;
    byId("account-absent").hidden = hasAccount;
    for (const id of ["account-body", "positions-title", "positions"]) byId(id).hidden = !hasAccount;
    this.drawAge();
  }

  take({ balances, positions }) {
    this.balances = balances;
    const pnl = positions.state === "missing" ? null : sum(positions.positions.map((p) => p.unrealized_pnl));
    showEquity(byId("equity"), money(balances.account_value));
    setText(byId("withdrawable"), money(balances.withdrawable));
    setText(byId("margin"), money(balances.total_margin_used));
    setText(byId("notional"), money(balances.total_notional));
    showPnl(byId("pnl"), pnl);
    this.drawHistory(balances.history);
    this.drawPositions(positions);
    this.drawAge();
    this.held = new Set(positions.positions.map((position) => position.symbol));
  }

  drawHistory(points) {
    byId("equity-line").style.display = points.length > 1 ? "" : "none";
    const values = points.map((point) => Number(point.account_value));
    byId("equity-line").firstElementChild.setAttribute("points", linePoints(values, 300, 56));
  }

  drawPositions({ address, state, positions }) {
    this.marks.clear();
    setText(byId("position-count"), "");
    this.setPresence(address !== null);
    if (this.isAbsent) return;
    if (state === "missing") return this.say("The account was not read yet");
    if (!positions.length) return this.say("No open positions");
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const text of HEADS) head.append(Object.assign(make("th", "", text), { scope: "col" }));
    table.createTBody().append(...positions.map((position) => this.row(position)));
    byId("positions").replaceChildren(table);
    this.drawMarks();
  }

  row(position) {
    const row = make("tr");
    const isLong = position.side === "long";
    const name = make("button", "", position.symbol);
    name.type = "button";
    name.addEventListener("click", () => this.onChoose(position.symbol));
    const mode = make("span", "mode", ` ${position.margin_mode}`);
    const side = make("small", `side ${isLong ? "up" : "down"}`, `${isLong ? "▲ long" : "▼ short"} ${position.leverage}×`);
    const mark = make("span", "", UNKNOWN);
    this.marks.set(position.symbol, mark);
    const pnl = make("b");
    showPnl(pnl, roundedMoney(position.unrealized_pnl));
    pnl.title = position.unrealized_pnl;
    const margin = exactly("small", money(roundedMoney(position.margin_used)), position.margin_used);
    row.append(
      cell(name, mode, side),
      cell(make("span", "", grouped(position.quantity.replace("-", ""))), this.price(position.symbol, position.entry_price)),
      cell(mark, this.price(position.symbol, position.liquidation_price)),
      cell(pnl, margin),
    );
    return row;
  }

  // With the decimals that the market's own price has.
  price(symbol, text) {
    if (text === null) return exactly("small", UNKNOWN, UNREACHABLE);
    const { markPlaces, places: midPlaces } = this.market;
    const places = markPlaces.get(symbol) ?? midPlaces.get(symbol) ?? pricePlaces(text);
    return exactly("small", grouped(rounded(text, places), places), text);
  }

  drawMarks() {
    for (const [symbol, element] of this.marks) {
      const quote = this.market.quote(symbol, "mark") ?? this.market.quote(symbol);
      setText(element, quote ? grouped(quote.price, this.market.markPlaces.get(symbol)) : UNKNOWN);
      element.classList.toggle("stale", quote?.isStale ?? true);
      element.title = quote?.isStale ? `${age(quote.ageMs)} old` : "";
    }
  }

  drawAge() {
    const atMs = this.balances?.account_ms;
    const ageMs = atMs ? this.market.nowMs() - atMs : null;
    const isStale = ageMs !== null && ageMs > this.market.accountStaleAfterMs;
    const text = this.isAbsent || !this.balances ? "" : ageMs === null ? "not read yet" : `${isStale ? "stale, " : "read "}${age(ageMs)} ago`;
    const element = byId("account-age");
    setText(element, text);
    element.classList.toggle("stale", !isStale);
    for (const id of ["account-body", "positions"]) {
      for (const number of byId(id).querySelectorAll("dd, td")) number.classList.toggle("stale", isStale);
    }
  }

  say(sentence) { byId("positions").replaceChildren(make("p", "empty", sentence)); }
}

// What is shown may be rounded; the exact number is told to who asks for it.
function exactly(tag, text, title) {
  return Object.assign(make(tag, "", text), { title });
}

function cell(...content) {
  const element = make("td");
  element.append(...content);
  return element;
}

// Whole cents large, what is finer beside them small.
function showEquity(element, text) {
  const [, cents, fine] = /^(.*?\.\d\d)?(.*)$/.exec(text);
  element.replaceChildren(cents ?? "", fine ? make("span", cents ? "fine" : "", fine) : "");
}

function showPnl(element, text) {
  const way = text === null ? 0 : sign(text);
  element.className = direction(way);
  setText(element, text === null ? UNKNOWN : `${arrow(way)} ${signedMoney(text)}`.trim());
}
