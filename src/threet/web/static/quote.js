// The chosen market above its chart, and in the window's title.
import { age, grouped, UNKNOWN } from "./numbers.js";
import { byId, setText } from "./dom.js";
import { showChange } from "./watch_list.js";

const SIDE = ["mark", "oracle", "bid", "ask"];
const DAY_MS = 86400000;

export class Quote {
  constructor(market, watchList) {
    this.market = market;
    this.watchList = watchList;
  }

  draw(symbol) {
    const quote = this.market.quote(symbol);
    const places = this.market.places.get(symbol);
    const price = quote ? grouped(quote.price, places) : UNKNOWN;
    setText(byId("quote-symbol"), symbol);
    setText(byId("quote-price"), price);
    byId("quote-price").classList.toggle("stale", quote?.isStale ?? false);
    byId("quote-age").hidden = !quote?.isStale;
    setText(byId("quote-age"), quote?.isStale ? `stale, ${age(quote.ageMs)} old` : "");
    const change = quote?.isStale ? null : this.watchList.change(symbol, quote);
    showChange(byId("quote-change"), change);
    if (change && change.since >= DAY_MS * 0.95) byId("quote-change").append(" in 24 h");
    for (const kind of SIDE) this.drawSide(symbol, kind);
    const leverage = this.market.products.get(symbol)?.max_leverage;
    setText(byId("quote-leverage"), leverage ? `${leverage}×` : UNKNOWN);
    document.title = `${symbol} ${quote?.isStale ? "(stale) " : ""}${price} · 3T`;
  }

  drawSide(symbol, kind) {
    const quote = this.market.quote(symbol, kind);
    const element = byId(`quote-${kind}`);
    setText(element, quote ? grouped(quote.price) : UNKNOWN);
    element.classList.toggle("stale", quote?.isStale ?? false);
    element.title = quote?.isStale ? `${age(quote.ageMs)} old` : "";
  }
}
