// One event stream, opened again by itself; silence counts as loss.
const SILENT_AFTER_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 3000];

export class Stream {
  constructor({ onHello, onFrame, onLost }) {
    this.on = { onHello, onFrame, onLost };
    this.tries = 0;
    this.source = null;
    this.path = null;
    this.retry = null;
    setInterval(() => this.watch(), 1000);
    addEventListener("online", () => this.path && this.open(this.path));
    addEventListener("offline", () => this.lose());
  }

  open(path) {
    clearTimeout(this.retry);
    this.source?.close();
    this.path = path;
    this.heardAt = performance.now();
    const source = new EventSource(path);
    this.source = source;
    source.addEventListener("hello", (event) => {
      this.tries = 0;
      this.heard();
      this.on.onHello(JSON.parse(event.data));
    });
    source.addEventListener("frame", (event) => {
      this.heard();
      this.on.onFrame(JSON.parse(event.data));
    });
    source.onerror = () => this.source === source && this.lose();
  }

  heard() { this.heardAt = performance.now(); }

  lose() {
    this.source?.close();
    this.source = null;
    this.on.onLost();
    clearTimeout(this.retry);
    const pause = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    this.retry = setTimeout(() => this.open(this.path), pause);
  }

  watch() {
    if (this.source && performance.now() - this.heardAt > SILENT_AFTER_MS) this.lose();
  }
}
