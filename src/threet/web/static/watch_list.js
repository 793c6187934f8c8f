// All markets in a list: found by typing, walked with the arrow keys.
import { age, arrow, direction, grouped, percent, sign, UNKNOWN } from "./numbers.js";
import { byId, make, makeSvg, setText, timePoints } from "./dom.js";

const DAY_MS = 86400000;
const SPARK_MS = 7200000;
const PAGE = 10;

export class WatchList {
  constructor(market, onChoose) {
    this.market = market;
    this.onChoose = onChoose;
    this.rows = new Map();
    this.shown = [];
    this.chosen = null;
    this.kept = new Set();
    this.held = new Set();
    this.divider = make("div", "divider", "Other markets: history is not kept");
    this.divider.setAttribute("role", "presentation");
    this.list = byId("watch-list");
    this.search = byId("search");
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.search.addEventListener("input", () => this.filter());
    this.search.addEventListener("keydown", (event) => this.searchKey(event));
    addEventListener("keydown", (event) => {
      if (event.key === "/" && document.activeElement?.tagName !== "INPUT") {
        event.preventDefault();
        this.search.focus();
      }
    });
    this.say("Loading markets");
  }

  setProducts(products) {
    const shown = products.filter((product) => !product.is_delisted);
    const symbols = shown.map((product) => product.symbol);
    if (this.rows.size && symbols.join("\n") === [...this.rows.keys()].join("\n")) return;
    this.kept = new Set(shown.filter((product) => product.is_kept).map((product) => product.symbol));
    this.rows = new Map(symbols.map((symbol) => [symbol, this.rows.get(symbol) ?? this.makeRow(symbol)]));
    const elements = [...this.rows.values()].map((row) => row.element);
    elements.forEach((element, at) => { element.id = `market-${at}`; });
    elements.splice(this.kept.size, 0, this.divider);
    this.list.replaceChildren(...elements);
    this.filter();
    this.markHeld(this.held);
    this.mark(this.chosen);
    this.drawSparklines();
  }

  makeRow(symbol) {
    const element = make("div", "row");
    element.dataset.symbol = symbol;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    const name = make("span", "name");
    // Of a builder dex: its name may stand above the product's.
    const [dex, own] = symbol.includes(":") ? symbol.split(/(?<=:)(.*)/s) : ["", symbol];
    name.append(dex, make("wbr"), own);
    name.classList.toggle("of-dex", dex !== "");
    const picture = makeSvg("svg", { viewBox: "0 0 64 26", preserveAspectRatio: "none", "aria-hidden": "true" });
    const line = makeSvg("polyline", { class: "spark" });
    picture.append(line);
    const numbers = make("span", "numbers");
    const price = make("span", "price", UNKNOWN);
    const change = make("span", "change");
    numbers.append(price, change);
    element.append(name, picture, numbers);
    return { element, name, line, price, change };
  }

  // Prices that moved: text and a short tint; only rows whose text differs are touched.
  take(changed) {
    for (const [symbol, before] of changed) {
      const row = this.rows.get(symbol);
      if (!row) continue;
      this.draw(symbol);
      const price = this.market.quote(symbol)?.price;
      if (before === undefined || price === undefined || before === price) continue;
      const isUp = Number(price) > Number(before);
      row.price.classList.remove("tick-up", "tick-down");
      requestAnimationFrame(() => row.price.classList.add(isUp ? "tick-up" : "tick-down"));
    }
  }

  draw(symbol) {
    const row = this.rows.get(symbol);
    if (!row) return;
    const quote = this.market.quote(symbol);
    setText(row.price, quote ? grouped(quote.price, this.market.places.get(symbol)) : UNKNOWN);
    row.element.classList.toggle("is-stale", quote?.isStale ?? false);
    if (quote?.isStale) {
      row.change.className = "change age";
      setText(row.change, `${age(quote.ageMs)} old`);
    } else {
      showChange(row.change, this.change(symbol, quote));
    }
  }

  change(symbol, quote) {
    const line = this.market.sparklines.get(symbol);
    if (!quote || !line || line.reference === null) return null;
    const text = percent(quote.price, line.reference);
    return text && { text, since: this.market.nowMs() - line.reference_ms };
  }

  drawSparklines() {
    for (const [symbol, row] of this.rows) {
      const { closes = [], times_ms: times } = this.market.sparklines.get(symbol) ?? {};
      if (closes.length) {
        const points = closes.map((close, at) => [times[at], Number(close)]);
        row.line.setAttribute("points", timePoints(points, this.market.nowMs(), SPARK_MS, 64, 26));
        const way = direction(points.at(-1)[1] - points[0][1]);
        row.line.setAttribute("class", `spark ${way}`);
      }
      this.draw(symbol);
    }
  }

  drawAges() { for (const symbol of this.rows.keys()) this.draw(symbol); }

  markHeld(symbols) {
    this.held = symbols;
    for (const [symbol, row] of this.rows) {
      const dot = row.name.querySelector(".held");
      if (symbols.has(symbol) && !dot) {
        const held = make("i", "held");
        held.title = "A position is open";
        row.name.append(held);
      } else if (!symbols.has(symbol)) dot?.remove();
    }
  }

  mark(symbol) {
    this.rows.get(this.chosen)?.element.setAttribute("aria-selected", "false");
    this.chosen = symbol;
    const row = this.rows.get(symbol);
    if (!row) return this.list.removeAttribute("aria-activedescendant");
    row.element.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", row.element.id);
    row.element.scrollIntoView({ block: "nearest" });
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    this.shown = [];
    for (const [symbol, row] of this.rows) {
      const isShown = symbol.toLowerCase().includes(wanted);
      row.element.hidden = !isShown;
      if (isShown) this.shown.push(symbol);
    }
    this.say(this.shown.length ? "" : this.rows.size ? `No market is named like “${this.search.value.trim()}”` : "No markets are kept yet");
    this.divider.hidden = !this.kept.size || !this.shown.some((symbol) => !this.kept.has(symbol));
    const all = this.rows.size;
    setText(byId("watch-count"), this.shown.length === all ? `${all} markets` : `${this.shown.length} of ${all} markets`);
  }

  say(sentence) {
    byId("watch-empty").hidden = !sentence;
    this.list.hidden = Boolean(sentence);
    setText(byId("watch-empty"), sentence);
  }

  click(event) {
    const row = event.target.closest(".row");
    if (row) this.choose(row.dataset.symbol);
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.shown.length) return;
    event.preventDefault();
    const at = this.shown.indexOf(this.chosen) + steps[event.key];
    this.choose(this.shown[Math.max(0, Math.min(this.shown.length - 1, at))]);
  }

  searchKey(event) {
    if (event.key === "Escape") { this.search.value = ""; this.filter(); this.list.focus(); }
    if (event.key === "Enter" && this.shown.length) this.choose(this.shown[0]);
    if (event.key === "ArrowDown") { event.preventDefault(); this.list.focus(); }
  }

  choose(symbol) {
    this.mark(symbol);
    this.onChoose(symbol);
  }
}

export function showChange(element, change) {
  const way = change ? sign(change.text) : 0;
  element.className = `change ${direction(way)}`;
  if (!change) return setText(element, "");
  const text = `${arrow(way)} ${way > 0 ? "+" : ""}${grouped(change.text)}%`.trim();
  // The usual 24 hours are said once, above; a shorter span says so itself.
  const since = change.since < DAY_MS * 0.95 ? ` in ${age(change.since)}` : "";
  setText(element, text + since);
}
