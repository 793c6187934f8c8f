// The trading view: what the strategies want, hold and made, and what it rests on.
import { age, grouped, pricePlaces } from "./numbers.js";
import { byId, make, setText } from "./dom.js";
import { ask } from "./market.js";
import { at, clockTime, decisionCard, judgeKinds, summary, wish } from "./decision_card.js";
import { EquityChart } from "./equity_chart.js";
import { limitBars } from "./limits.js";
import { amount, empty, gain, pick, price, sheet, side, small, unknown } from "./sheet.js";

const DECISIONS = 50;
const NO_MARK = "No fresh mark price, or a cost that is not known";
const NOT_RUNS = {
  "(outside)": ["of no run", "By hand, by a liquidation, or closed by a kill"],
  "(between runs)": ["between runs", "What runs closed of each other's inside the account"],
};
const WORDS = { unknown: "unknown", landed: "landed", refused: "refused", dead: "never landed" };

export class Trading {
  constructor(market, onChoose) {
    this.market = market;
    this.onChoose = onChoose;
    this.by = "run";
    this.opened = new Set();
    this.ages = new Map();
    for (const button of byId("profit-by").children) button.addEventListener("click", () => this.choose(button.dataset.by));
    this.parts = [
      ["equity", "/api/equity", (answer) => this.drawEquity(answer)],
      ["profit", () => `/api/pnl?by=${this.by}`, (answer) => this.drawPnl(answer)],
      ["runs", "/api/runs", (answer) => this.drawRuns(answer)],
      ["limits", "/api/limits", (answer) => byId("limits").replaceChildren(limitBars(answer.limits))],
      ["orders", "/api/orders?limit=20", (answer) => this.drawOrders(answer)],
      ["decisions", `/api/decisions?limit=${DECISIONS}`, (answer) => this.drawDecisions(answer)],
    ];
    for (const [name] of this.parts) if (name !== "equity") byId(name).replaceChildren(empty("Loading"));
    this.drawAges();
  }

  // Only while it is looked at.
  load() {
    this.chart ??= new EquityChart();
    return Promise.all(this.parts.map((part) => this.loadPart(...part)));
  }

  async loadPart(name, path, draw) {
    const asked = typeof path === "string" ? path : path();
    try {
      const answer = await ask(asked);
      if (typeof path !== "string" && path() !== asked) return; // another was chosen since
      draw(answer);
      this.ages.set(name, answer.now_ms);
      this.fail(name, "");
    } catch (error) {
      this.fail(name, error.message);
    }
  }

  // What was shown stays, gray; what never came is an error in words.
  fail(name, sentence) {
    const panel = byId(`panel-${name}`);
    panel.classList.toggle("is-stale", Boolean(sentence));
    const note = panel.querySelector(".problem");
    note.hidden = !sentence;
    setText(note, sentence ? `Not known now: ${sentence}` : "");
    if (sentence && !this.ages.has(name) && name !== "equity") byId(name).replaceChildren();
  }

  drawAges() {
    for (const [name] of this.parts) {
      const panel = byId(`panel-${name}`);
      const readMs = this.ages.get(name);
      const ageMs = readMs ? this.market.nowMs() - readMs : 0;
      setText(panel.querySelector(".age"), ageMs > 60e3 ? `read ${age(ageMs)} ago` : "");
      if (ageMs > 60e3) panel.classList.add("is-stale");
    }
    const heldMs = this.heldMs ? this.market.nowMs() - this.heldMs : 0;
    setText(byId("panel-held").querySelector(".age"), this.heldMs ? `read ${age(heldMs)} ago` : "");
    byId("held").classList.toggle("stale", heldMs > this.market.accountStaleAfterMs);
  }

  choose(by) {
    this.by = by;
    for (const button of byId("profit-by").children) button.setAttribute("aria-pressed", String(button.dataset.by === by));
    this.loadPart(...this.parts.find(([name]) => name === "profit"));
  }

  drawEquity({ state, points, check }) {
    const newest = points.at(-1);
    byId("equity-now").replaceChildren(newest ? amount(newest.equity) : unknown("The account was not read in the last day"));
    byId("equity-now").classList.toggle("stale", state === "stale");
    setText(byId("equity-state"), state === "stale" ? `stale, read ${age(this.market.nowMs() - newest.at_ms)} ago` : state === "missing" ? "not read yet" : "");
    byId("equity-chart").hidden = points.length < 2;
    byId("equity-empty").hidden = points.length >= 2;
    this.chart.load(points);
    this.drawCheck(check);
  }

  drawCheck(check) {
    const words = { holds: "explains it to the cent", suspect: "one reading differs", differs: "does not explain it" };
    const line = byId("equity-check");
    line.className = check?.verdict === "differs" ? "down" : check?.verdict === "suspect" ? "warn" : "";
    line.replaceChildren(...(check
      ? [`The ledger ${words[check.verdict]}`, ...(check.verdict === "holds" ? [] : [", by ", gain(check.difference)]), small(` as of ${clockTime(check.account_ms)} UTC`)]
      : ["The ledger was not compared with it yet"]));
  }

  drawPnl({ by, rows, total, deposits, gaps, unknown_updates: strange }) {
    const name = { run: "Strategy run", product: "Product", day: "Day (UTC)" }[by];
    const line = (row, label) => [
      label, by === "day" ? gain(row.settled) : gain(row.net, NO_MARK), gain(row.realized),
      by === "day" ? small("—", "What was open at its end is not kept") : gain(row.unrealized, NO_MARK),
      amount(row.fees), gain(row.funding), String(row.fills),
    ];
    const lines = rows.map((row) => line(row, by === "product" ? pick(row.key, this.onChoose) : NOT_RUNS[row.key] ? small(...NOT_RUNS[row.key]) : row.key));
    if (rows.length) lines.push(line(total, make("b", "", "Account")));
    const table = sheet([name, by === "day" ? "Booked>" : "Net>", "Realized>", "Unrealized>", "Fees>", "Funding>", "Fills>"], lines);
    const notes = [];
    if (Number(deposits)) notes.push(`Deposits less withdrawals: ${grouped(deposits)} USDC`);
    if (gaps) notes.push(`${gaps} fills were never told`);
    if (strange) notes.push(`${strange} movements of money of unknown effect`);
    byId("profit").replaceChildren(rows.length ? table : empty("Nothing was filled yet"), ...(notes.length ? [make("p", "hint", notes.join(" · "))] : []));
  }

  drawRuns({ runs }) {
    const rows = runs.flatMap((run) => this.rowsOf(run));
    const limits = runs.flatMap((run) => run.limits.map((limit) => ({ ...limit, of: run.name })));
    const own = limits.length ? [make("h3", "", "Limits of their own"), limitBars(limits)] : [];
    byId("runs").replaceChildren(rows.length ? sheet(["Run", "Market", "Wants>", "Holds>", "PnL>", "Entry>", "Stop / profit>"], rows) : empty("No strategy runs here"), ...own);
  }

  rowsOf(run) {
    const symbols = [...new Set([...run.targets, ...run.positions].map((one) => one.symbol))].sort();
    const name = make("b", "", run.name);
    const label = [name, small(` ${run.strategy}${run.is_configured ? "" : ", not configured any more"}`)];
    if (!symbols.length) return [[label, small("nothing yet"), "", "", "", "", ""]];
    return symbols.map((symbol, at_) => {
      const target = run.targets.find((one) => one.symbol === symbol);
      const held = run.positions.find((one) => one.symbol === symbol);
      return [
        at_ ? "" : label, pick(symbol, this.onChoose),
        target ? grouped(target.quantity) : small("—", "It wants nothing of it"),
        held ? grouped(held.quantity) : "0",
        held ? gain(held.unrealized, NO_MARK) : "",
        held ? price(held.entry_price, held.entry_price ? pricePlaces(held.entry_price) : null) : "",
        [target?.stop_loss ? grouped(target.stop_loss) : "—", " / ", target?.take_profit ? grouped(target.take_profit) : "—"].join(""),
      ];
    });
  }

  drawOrders({ state, age_ms: ageMs, working, open_intents: open, settled_intents: settled }) {
    const parts = [];
    if (working === null) parts.push(empty("Working orders are unknown: the gateway has not told them yet"));
    else if (!working.length) parts.push(empty(state === "stale" ? `No working orders ${age(ageMs)} ago; now unknown` : "No working orders"));
    else parts.push(...(state === "stale" ? [make("p", "problem", `As seen ${age(ageMs)} ago`)] : []), this.workingSheet(working));
    if (open.length) parts.push(make("h3", "warn", "Of unknown fate"), intentSheet(open, this.onChoose));
    if (settled.length) parts.push(make("h3", "", "Last orders"), intentSheet(settled, this.onChoose));
    byId("orders").replaceChildren(...parts);
    byId("orders").classList.toggle("stale", state === "stale");
  }

  workingSheet(working) {
    return sheet(["Market", "Order", "Price>", "Run"], working.map((order) => [
      pick(order.symbol, this.onChoose),
      [side(order.side, grouped(order.remaining)), small(order.reduce_only ? " reduces only" : "")],
      [order.trigger_price ? small("at ") : "", price(order.trigger_price ?? order.limit_price)],
      order.run === null ? small("not of 3T") : order.run || "several",
    ]));
  }

  drawDecisions({ decisions }) {
    if (!decisions.length) return byId("decisions").replaceChildren(empty("Nothing was decided yet: a run decides when a bar of its timeframe has closed"));
    judgeKinds(decisions);
    byId("decisions").replaceChildren(...decisions.map((decision) => this.decisionLine(decision)));
  }

  decisionLine(decision) {
    const line = make("details", `line ${decision.kind}`);
    const head = make("summary");
    head.append(make("time", "", clockTime(decision.at_ms)), make("b", "", decision.run), make("span", "wish", wish(decision)), make("span", "because", decision.because));
    head.title = `${at(decision.at_ms)} UTC, ${summary(decision)}`;
    line.append(head);
    const fill = () => { if (line.open && line.children.length < 2) line.append(decisionCard(decision)); };
    line.open = this.opened.has(decision.decision_id);
    fill();
    line.addEventListener("toggle", () => {
      fill();
      this.opened[line.open ? "add" : "delete"](decision.decision_id);
    });
    return line;
  }

  takeAccount({ positions }) {
    const body = byId("held");
    this.heldMs = positions.account_ms;
    if (positions.state === "missing") return body.replaceChildren(empty("Positions are unknown: the account was not read yet"));
    if (!positions.positions.length) return body.replaceChildren(empty("No open positions"));
    body.replaceChildren(sheet(["Market", "Size>", "PnL>", "Entry>", "Liquidation>"], positions.positions.map((one) => [
      [pick(one.symbol, this.onChoose), small(` ${one.side} ${one.leverage}×`)],
      grouped(one.quantity), gain(one.unrealized_pnl), price(one.entry_price, pricePlaces(one.entry_price)),
      one.liquidation_price === null ? small("—", "It cannot be reached") : price(one.liquidation_price, pricePlaces(one.liquidation_price)),
    ])));
  }
}

function intentSheet(intents, onChoose) {
  return sheet(["Time", "Market", "Order", "Limit>", "Fate"], intents.map((intent) => [
    Object.assign(make("time", "", clockTime(intent.created_ms)), { title: `${at(intent.created_ms)} UTC` }),
    pick(intent.symbol, onChoose),
    [side(intent.side, grouped(intent.quantity)), small(`${intent.trigger ? " trigger" : ""}${intent.reduce_only ? " reduces only" : ""}`)],
    price(intent.trigger_price ?? intent.limit_price),
    [make("span", `fate ${intent.state}`, WORDS[intent.state]), small(intent.reason ? ` ${intent.reason}` : "")],
  ]));
}
