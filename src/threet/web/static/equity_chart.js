// The account's equity over the last day.
import { AreaSeries, createChart } from "./vendor/lightweight-charts.standalone.production.mjs";
import { grouped } from "./numbers.js";
import { byId } from "./dom.js";
import { color, onTheme } from "./theme.js";

const SHORT_MS = 20 * 60e3;

export class EquityChart {
  constructor() {
    this.chart = createChart(byId("equity-chart"), {
      autoSize: true,
      localization: { priceFormatter: (value) => grouped(value.toFixed(2)) },
      layout: { attributionLogo: false, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 },
      timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.15, bottom: 0.1 } },
      crosshair: { mode: 0 },
      handleScroll: false,
      handleScale: false,
    });
    this.series = this.chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false });
    onTheme(() => this.paint());
    this.paint();
  }

  paint() {
    const tone = color("accent");
    this.chart.applyOptions({
      layout: { background: { color: color("panel") }, textColor: color("muted") },
      grid: { vertLines: { color: color("line") + "80" }, horzLines: { color: color("line") + "80" } },
    });
    this.series.applyOptions({ lineColor: tone, topColor: tone + "38", bottomColor: tone + "05" });
  }

  load(points) {
    const bySecond = new Map(points.map((point) => [Math.floor(point.at_ms / 1000), Number(point.equity)]));
    this.series.setData([...bySecond].map(([time, value]) => ({ time, value })));
    const spanMs = points.length ? points.at(-1).at_ms - points[0].at_ms : 0;
    this.chart.timeScale().applyOptions({ secondsVisible: spanMs < SHORT_MS });
    this.chart.timeScale().fitContent();
  }
}
