// The page: what is chosen, what arrives, and what is drawn when.
import { Account } from "./account.js";
import { Chart } from "./chart.js";
import { byId, make, setText } from "./dom.js";
import { Health } from "./health.js";
import { ask, Market } from "./market.js";
import { Quote } from "./quote.js";
import { Overlay } from "./overlay.js";
import { Stream } from "./stream.js";
import { Switch } from "./switch.js";
import { startTheme } from "./theme.js";
import { Trading } from "./trading.js";
import { WatchList } from "./watch_list.js";

const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"];
const LENGTH_MS = { "1m": 60e3, "5m": 300e3, "15m": 900e3, "1h": 3600e3, "4h": 14400e3, "1d": 86400e3 };
const BARS = 2000;
const SPARKLINES_AGAIN_MS = 30000;
const MARKETS_AGAIN_MS = 30000; // leverage, and what is listed
const CANDLES_AGAIN_MS = 30000;
const TRADING_AGAIN_MS = 15000; // ages, limits and profits change without news
const TRADING_PATH = "#/trading";
const CHOOSE_PAUSE_MS = 120; // walking with the arrow keys asks once, at the end

const market = new Market();
const chart = new Chart();
const watchList = new WatchList(market, (symbol) => choose({ symbol }));
const quote = new Quote(market, watchList);
const account = new Account(market, (symbol) => choose({ symbol }));
const health = new Health(market);
const overlay = new Overlay(chart);
const killSwitch = new Switch();
const trading = new Trading(market, (symbol) => { choose({ symbol }); showView("markets"); });
const chosen = { symbol: null, timeframe: "1m" };
let isLost = true;
let trades = false;
let loading = null;
let pause = null;
let starting = null;
const askedFor = new Set();

const stream = new Stream({
  onHello(hello) {
    market.setNow(hello.now_ms);
    market.staleAfterMs = hello.price_stale_after_ms;
    market.accountStaleAfterMs = hello.account_stale_after_ms;
    account.setPresence(hello.has_account);
    trades = hello.trades;
    showNetwork(hello.network);
    if (isLost) {
      isLost = false;
      start();
      loadCandles();
      loadTrading();
    }
    showLink();
  },
  onFrame(frame) {
    market.setNow(frame.now_ms);
    if (frame.mids_ms) market.confirmMids(frame.mids_ms);
    if (frame.prices) takePrices(frame.prices);
    if (frame.sparklines !== undefined) loadSparklines();
    if (frame.candles) takeCandles(frame.candles);
    if (frame.account) {
      account.take(frame.account);
      trading.takeAccount(frame.account);
      watchList.markHeld(account.held);
    }
    if (frame.health) {
      health.take(frame.health);
      showGateway(frame.health);
    }
    if (frame.trading !== undefined) loadTrading();
    if (frame.prices) {
      account.drawMarks();
      drawQuote();
    }
  },
  onLost() {
    isLost = true;
    showLink();
  },
});

function takePrices(rows) {
  const changed = market.takePrices(rows);
  watchList.take(changed);
  if (!market.products.size) return;
  const isNew = (symbol) => market.quote(symbol) && !market.products.has(symbol) && !askedFor.has(symbol);
  const news = [...changed.keys()].filter(isNew);
  if (!news.length) return;
  for (const symbol of news) askedFor.add(symbol); // once each: the server may not show it
  loadMarkets().catch(() => askedFor.clear());
}

function takeCandles({ revised, rows }) {
  if (revised) loadCandles();
  else chart.update(rows);
}

function drawQuote() { if (chosen.symbol) quote.draw(chosen.symbol); }

function loadTrading() {
  if (!trades) return;
  killSwitch.load();
  overlay.load();
  if (document.body.dataset.view === "trading") trading.load();
}

// On a phone the view is a tab among others.
function showView(view) {
  document.body.dataset.view = view;
  document.body.dataset.tab = view === "trading" ? "trading" : document.body.dataset.tab.replace("trading", "chart");
  for (const button of document.querySelectorAll("[data-view][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  for (const button of document.querySelectorAll(".tabs button")) button.setAttribute("aria-pressed", String(button.dataset.tab === document.body.dataset.tab));
  if (view === "trading") {
    history.replaceState(null, "", TRADING_PATH);
    loadTrading();
  } else if (chosen.symbol) {
    history.replaceState(null, "", `#${encodeURIComponent(chosen.symbol)}/${chosen.timeframe}`);
  }
}

function showGateway({ processes }) {
  const gateway = processes.find((one) => one.name === "order_gateway");
  const words = !gateway ? "The order gateway was not seen: nothing is sent" : gateway.state !== "alive" ? `The order gateway is ${gateway.state}` : `The order gateway: ${gateway.figures.state ?? "alive"}`;
  setText(byId("switch-gateway"), words);
}

function choose({ symbol = chosen.symbol, timeframe = chosen.timeframe }) {
  if (document.body.dataset.view === "markets") history.replaceState(null, "", `#${encodeURIComponent(symbol)}/${timeframe}`);
  if (symbol === chosen.symbol && timeframe === chosen.timeframe) return;
  Object.assign(chosen, { symbol, timeframe });
  watchList.mark(symbol);
  for (const button of byId("timeframes").children) {
    button.setAttribute("aria-pressed", String(button.textContent === timeframe));
  }
  drawQuote();
  chart.clear("Loading candles");
  overlay.choose(symbol, LENGTH_MS[timeframe]);
  if (trades) overlay.load();
  sayKept("");
  clearTimeout(pause);
  pause = setTimeout(follow, CHOOSE_PAUSE_MS);
}

async function follow() {
  await loadCandles();
  const query = new URLSearchParams(chosen);
  stream.open(`/api/events?${query}`);
}

async function loadCandles() {
  if (!chosen.symbol) return;
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  try {
    const query = new URLSearchParams({ ...chosen, limit: BARS });
    const answer = await ask(`/api/candles?${query}`, signal);
    if (signal.aborted) return;
    chart.load(answer);
    sayKept(keptNote(answer));
  } catch (error) {
    if (signal.aborted || isLost) return;
    if (error.status === 404) offerHome();
    else chart.clear(error.message);
  }
}

function keptNote({ is_kept: isKept, source }) {
  if (!isKept) return "History is not kept: these bars are the exchange's";
  return source === "exchange" ? "History is being fetched: these bars are the exchange's" : "";
}

function sayKept(sentence) {
  byId("kept-note").hidden = !sentence;
  setText(byId("kept-note"), sentence);
}

function offerHome() {
  const symbol = home();
  const sentence = `The exchange has no market named “${chosen.symbol}”`;
  if (symbol) chart.offer(sentence, `Show ${symbol}`, () => choose({ symbol }));
  else chart.clear(sentence);
}

async function loadSparklines() {
  try {
    const { sparklines } = await ask("/api/sparklines");
    market.sparklines = new Map(Object.entries(sparklines));
    watchList.drawSparklines();
    drawQuote();
  } catch { /* the banner and the health strip say what is wrong */ }
}

// Bars that are over get their authoritative row from the store a little later.
function loadCandlesAgain() {
  const newest = chart.newest();
  const isLong = chosen.timeframe !== "1m" || !newest;
  const isOver = newest && market.nowMs() > newest[0] + LENGTH_MS[chosen.timeframe];
  if (!isLost && document.visibilityState === "visible" && (isLong || isOver)) loadCandles();
}

async function loadMarkets() {
  const { products } = await ask("/api/products");
  market.products = new Map(products.map((product) => [product.symbol, product]));
  watchList.setProducts(products);
  drawQuote();
}

async function start() {
  clearTimeout(starting);
  try {
    await loadMarkets();
    if (!chosen.symbol) readHash();
    if (!market.products.size) chart.say("No market is known yet");
  } catch (error) {
    if (market.products.size) return;
    watchList.say(error.message);
    if (!chosen.symbol) chart.say(error.message);
    starting = setTimeout(start, 3000);
  }
}

function home() {
  if (market.products.has("BTC")) return "BTC";
  return [...market.products.values()].find((product) => !product.is_delisted)?.symbol;
}

// "#kPEPE/5m". What cannot be a symbol is passed over, what could be one is asked for.
function readHash() {
  if (location.hash === TRADING_PATH) showView("trading");
  const [name, timeframe] = location.hash.slice(1).split("/");
  const symbol = symbolOf(name) ?? home();
  if (!symbol) return;
  choose({ symbol, timeframe: TIMEFRAMES.includes(timeframe) ? timeframe : chosen.timeframe });
  if (name) showView("markets");
}

function symbolOf(name) {
  let symbol;
  try { symbol = decodeURIComponent(name); } catch { return null; } // never encoded
  return market.products.has(symbol) || /^[\w:@.-]{1,40}$/.test(symbol) ? symbol : null;
}

function showNetwork(network) {
  const badge = byId("network");
  badge.hidden = false;
  badge.classList.toggle("real", network === "mainnet");
  badge.title = network === "mainnet" ? "Real money" : "No real money";
  setText(badge, network.toUpperCase());
}

function showLink() {
  byId("link").className = `link ${isLost ? "lost" : "live"}`;
  setText(byId("link-text"), isLost ? "Not connected" : "Live");
  byId("banner").hidden = !isLost;
  setText(byId("banner-title"), isLost ? "Connection lost." : "");
  setText(byId("banner-text"), isLost ? "Numbers are the last that arrived. Trying again." : "");
}

function everySecond() {
  setText(byId("clock"), market.offsetMs === null ? "—" : `${new Date(market.nowMs()).toISOString().slice(11, 19)} UTC`);
  watchList.drawAges();
  account.drawMarks();
  account.drawAge();
  health.drawAge();
  trading.drawAges();
  drawQuote();
}

for (const timeframe of TIMEFRAMES) {
  const button = make("button", "", timeframe);
  button.type = "button";
  button.setAttribute("aria-pressed", String(timeframe === chosen.timeframe));
  button.addEventListener("click", () => choose({ timeframe }));
  byId("timeframes").append(button);
}
for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => {
    document.body.dataset.tab = tab.dataset.tab;
    showView(tab.dataset.tab === "trading" ? "trading" : "markets");
  });
}
for (const button of document.querySelectorAll(".views button")) button.addEventListener("click", () => showView(button.dataset.view));
addEventListener("hashchange", () => { if (market.products.size) readHash(); });
startTheme(byId("theme"));
setInterval(everySecond, 1000);
setInterval(loadSparklines, SPARKLINES_AGAIN_MS);
setInterval(() => { if (!isLost) loadMarkets().catch(() => {}); }, MARKETS_AGAIN_MS);
setInterval(loadCandlesAgain, CANDLES_AGAIN_MS);
setInterval(() => { if (!isLost && document.visibilityState === "visible") loadTrading(); }, TRADING_AGAIN_MS);
stream.open("/api/events");
start();
