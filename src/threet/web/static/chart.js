// Candles and volume; the legend shows the exact numbers, the canvas draws them.
import { CandlestickSeries, createChart, createSeriesMarkers, HistogramSeries } from "./vendor/lightweight-charts.standalone.production.mjs";
import { arrow, decimals, direction, grouped, percent, sign } from "./numbers.js";
import { byId, make } from "./dom.js";
import { color, onTheme } from "./theme.js";

const [OPEN_MS, OPEN, HIGH, LOW, CLOSE, VOLUME] = [0, 1, 2, 3, 4, 5];

export class Chart {
  constructor() {
    this.rows = new Map();
    this.note = byId("chart-note");
    this.legend = byId("legend");
    this.places = 2;
    this.chart = createChart(byId("chart"), {
      autoSize: true,
      localization: { priceFormatter: (price) => grouped(price.toFixed(this.places)) },
      layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, borderVisible: false },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.24 } },
      crosshair: { mode: 0 },
    });
    // The library colors its own price label as the body, which is hollow here.
    this.candles = this.chart.addSeries(CandlestickSeries, { lastValueVisible: false, priceLineVisible: false });
    this.priceLine = this.candles.createPriceLine({ price: 0, lineVisible: false, axisLabelVisible: false, lineStyle: 1, lineWidth: 1 });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceFormat: { type: "volume" }, priceScaleId: "volume", lastValueVisible: false, priceLineVisible: false,
    });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.marks = createSeriesMarkers(this.candles, []);
    this.fills = [];
    this.levels = [];
    this.lines = [];
    this.chart.subscribeCrosshairMove(({ time }) => {
      this.pointed = time === undefined ? null : time * 1000;
      this.showLegend();
    });
    this.moved = () => {};
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.moved());
    onTheme(() => this.paint());
    this.paint();
  }

  paint() {
    const [up, down, panel] = [color("up"), color("down"), color("panel")];
    this.chart.applyOptions({
      layout: { background: { color: panel }, textColor: color("muted") },
      grid: { vertLines: { color: color("line") + "80" }, horzLines: { color: color("line") + "80" } },
    });
    // Hollow is up, filled is down: the shape says it without the color.
    this.candles.applyOptions({
      upColor: panel, borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down,
    });
    this.setData();
  }

  clear(sentence) {
    this.rows = new Map();
    this.setData();
    this.say(sentence);
  }

  say(sentence) {
    this.note.hidden = !sentence;
    this.note.replaceChildren(make("p", "", sentence));
  }

  // Nothing to draw, and what can be done about it.
  offer(sentence, label, act) {
    this.clear(sentence);
    const button = make("button", "offer", label);
    button.type = "button";
    button.addEventListener("click", act);
    this.note.append(button);
  }

  load(answer) {
    const isFirst = !this.rows.size;
    this.rows = new Map(answer.rows.map((row) => [row[OPEN_MS], row]));
    this.places = Math.max(0, ...answer.rows.slice(-300).map((row) => decimals(row[CLOSE])));
    const minMove = Number(`1e-${this.places}`);
    this.candles.applyOptions({ priceFormat: { type: "price", precision: this.places, minMove } });
    this.setData();
    if (isFirst) {
      this.chart.timeScale().applyOptions({ barSpacing: innerWidth < 760 ? 5 : 7 });
      this.chart.timeScale().scrollToRealTime();
    }
    if (!answer.rows.length) return this.say("No candles are known of this market yet");
    this.say("");
  }

  setData() {
    const rows = [...this.rows.values()];
    this.candles.setData(rows.map(candleOf));
    this.volume.setData(rows.map((row) => this.volumeOf(row)));
    this.drawFills();
    this.drawLevels();
    this.showPrice();
    this.showLegend();
    this.moved();
  }

  // Called whenever a bar may stand elsewhere.
  onMove(listener) {
    this.moved = listener;
    this.chart.timeScale().subscribeSizeChange(listener);
  }

  // Where a bar stands, from the left; null where it is not shown.
  xOf(openMs) {
    if (!this.rows.has(openMs)) return null;
    const x = this.chart.timeScale().timeToCoordinate(openMs / 1000);
    return x === null || x < 0 || x > this.chart.timeScale().width() ? null : x;
  }

  // Fills: openMs, side, text. Levels: price, kind (buy, sell, stop, wanted), title.
  showTrading(fills, levels) {
    Object.assign(this, { fills, levels });
    this.drawFills();
    this.drawLevels();
    this.showLegend();
    const told = [...fills.map((mark) => mark.text), ...levels.map((level) => `${level.title} at ${grouped(level.price)}`)];
    byId("chart").setAttribute("aria-label", ["Candles and volume", ...told].join("; "));
  }

  drawFills() {
    const shown = this.fills.filter((mark) => this.rows.has(mark.openMs));
    this.marks.setMarkers(shown.map(({ openMs, side }) => ({
      time: openMs / 1000,
      position: side === "buy" ? "belowBar" : "aboveBar",
      shape: side === "buy" ? "arrowUp" : "arrowDown",
      color: color("accent"),
      size: 1.4,
    })));
  }

  drawLevels() {
    for (const line of this.lines) this.candles.removePriceLine(line);
    if (!this.rows.size) {
      this.lines = [];
      return;
    }
    const tones = { buy: "up", sell: "down", stop: "warn", wanted: "muted" };
    this.lines = this.levels.map(({ price, kind, title }) => this.candles.createPriceLine({
      price: Number(price), title, color: color(tones[kind]), lineWidth: 1,
      lineStyle: kind === "wanted" ? 1 : 2, axisLabelVisible: true,
      axisLabelColor: color(tones[kind]), axisLabelTextColor: color("panel"),
    }));
  }

  // The newest rows again: drawing one twice changes nothing.
  update(rows) {
    if (!this.rows.size) return;
    let newest = this.newest()[OPEN_MS];
    for (const row of rows) {
      const isLate = row[OPEN_MS] < newest;
      if (isLate && !this.rows.has(row[OPEN_MS])) continue;
      this.rows.set(row[OPEN_MS], row);
      this.candles.update(candleOf(row), isLate);
      this.volume.update(this.volumeOf(row), isLate);
      newest = Math.max(newest, row[OPEN_MS]);
    }
    this.showPrice();
    this.showLegend();
    this.moved();
  }

  newest() { return [...this.rows.values()].at(-1); }

  volumeOf(row) {
    const isUp = Number(row[CLOSE]) >= Number(row[OPEN]);
    return { time: row[OPEN_MS] / 1000, value: Number(row[VOLUME]), color: color(isUp ? "up" : "down") + "59" };
  }

  showPrice() {
    const row = this.newest();
    if (!row) return this.priceLine.applyOptions({ lineVisible: false, axisLabelVisible: false });
    const tone = color(Number(row[CLOSE]) >= Number(row[OPEN]) ? "up" : "down");
    this.priceLine.applyOptions({
      price: Number(row[CLOSE]), lineVisible: true, axisLabelVisible: true, color: tone, axisLabelColor: tone, axisLabelTextColor: color("panel"),
    });
  }

  showLegend() {
    const row = this.rows.get(this.pointed) ?? this.newest();
    if (!row) return this.legend.replaceChildren();
    const change = percent(row[CLOSE], row[OPEN]);
    const way = change === null ? 0 : sign(change);
    const at = new Date(row[OPEN_MS]).toISOString().slice(0, 16).replace("T", " ");
    const entries = [["", `${at} UTC`], ["O", row[OPEN]], ["H", row[HIGH]], ["L", row[LOW]], ["C", row[CLOSE]], ["Vol", row[VOLUME]]];
    this.legend.replaceChildren(
      ...entries.map(([name, text]) => entry(name, name ? grouped(text, name === "Vol" ? 0 : this.places) : text)),
      ...this.fills.filter((mark) => mark.openMs === row[OPEN_MS]).map((mark) => entry("", mark.text, "fill")),
      entry("", change === null ? "" : `${arrow(way)} ${way > 0 ? "+" : ""}${grouped(change)}%`, direction(way)),
    );
  }
}

function entry(name, text, way = "") {
  const element = make("span");
  if (name) element.append(name + " ");
  element.append(name || way ? make("b", way, text) : text);
  return element;
}

function candleOf(row) {
  return { time: row[OPEN_MS] / 1000, open: Number(row[OPEN]), high: Number(row[HIGH]), low: Number(row[LOW]), close: Number(row[CLOSE]) };
}
