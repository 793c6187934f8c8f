// Elements are made of text, never of markup: a name cannot become a tag.
export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";
export function makeSvg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Points of [ms, value] on a line of time that ends at endMs: what is not known is left
// empty, and a single point is a dot. A line of a few minutes stays as low as it is short,
// or a minute's breath would look like a crash.
export function timePoints(points, endMs, spanMs, width, height) {
  const drawn = points.filter(([at]) => at >= endMs - spanMs);
  const values = drawn.map(([, value]) => value);
  const low = Math.min(...values);
  const spread = Math.max(...values) - low;
  const part = drawn.length ? Math.min(1, 4 * (drawn.at(-1)[0] - drawn[0][0]) / spanMs) : 0;
  const places = drawn.map(([at, value]) => {
    const x = 1 + (1 - (endMs - Math.min(at, endMs)) / spanMs) * (width - 3);
    const rise = spread ? (value - low) / spread - 0.5 : 0;
    const y = height / 2 - rise * part * (height - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (places.length === 1 ? [...places, ...places] : places).join(" ");
}

// Points for a polyline that fills width x height with a margin of 2.
export function linePoints(values, width, height) {
  const low = Math.min(...values);
  const spread = Math.max(...values) - low || 1;
  const step = width / Math.max(1, values.length - 1);
  return values
    .map((value, at) => `${(at * step).toFixed(1)},${(height - 2 - ((value - low) / spread) * (height - 4)).toFixed(1)}`)
    .join(" ");
}
