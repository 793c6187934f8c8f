// Exact decimal strings for eyes: digits are grouped and aligned, never rounded.
export const UNKNOWN = "—";
const NARROW = "\u202f";
const MINUS = "\u2212";

function split(text) {
  const isNegative = text.startsWith("-");
  const [whole, fraction = ""] = text.replace(/^[-+]/, "").split(".");
  return { isNegative, whole, fraction };
}

export function decimals(text) { return split(text).fraction.length; }

// Zeros at the end keep columns still; they add nothing to the number.
export function grouped(text, places = 0) {
  if (text === null || text === undefined) return UNKNOWN;
  const { isNegative, whole, fraction } = split(text);
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = fraction.padEnd(places, "0");
  return (isNegative ? MINUS : "") + thousands + (digits ? "." + digits : "");
}

// An amount of USDC: zeros at the end say nothing, but for the two of the cents.
export function money(text) {
  if (text === null || text === undefined) return UNKNOWN;
  return grouped(text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""), 2);
}

export function signedMoney(text) {
  return (sign(text) > 0 ? "+" : "") + money(text);
}

export function sign(text) {
  if (!/[1-9]/.test(text)) return 0;
  return text.startsWith("-") ? -1 : 1;
}

function scaled(text, places) {
  const { isNegative, whole, fraction } = split(text);
  const digits = BigInt(whole + fraction.padEnd(places, "0"));
  return isNegative ? -digits : digits;
}

function unscaled(digits, places) {
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places);
  const fraction = places ? "." + text.slice(text.length - places) : "";
  return (digits < 0n ? "-" : "") + whole + fraction;
}

// For narrow places, half away from zero; whoever rounds shows the exact number too.
export function rounded(text, places) {
  const { isNegative, whole, fraction } = split(text);
  if (fraction.length <= places) return text;
  const digits = BigInt(whole + fraction.slice(0, places)) + (fraction[places] >= "5" ? 1n : 0n);
  return unscaled(isNegative ? -digits : digits, places);
}

// Of two numbers that are not 0 none is shown as 0.
export function roundedMoney(text) {
  const cents = rounded(text, 2);
  return sign(cents) === sign(text) ? cents : text;
}

// Five significant figures, as the exchange gives prices; whole numbers stay whole.
export function pricePlaces(text) {
  const { whole, fraction } = split(text);
  if (/[1-9]/.test(whole)) return Math.max(0, 5 - whole.length);
  return /^0*/.exec(fraction)[0].length + 5;
}

export function sum(texts) {
  const places = Math.max(0, ...texts.map(decimals));
  return unscaled(texts.reduce((total, text) => total + scaled(text, places), 0n), places);
}

// The change from a reference in percent, two places, rounded half away from zero.
export function percent(price, reference) {
  const places = Math.max(decimals(price), decimals(reference));
  const from = scaled(reference, places);
  if (from === 0n) return null;
  const twice = (scaled(price, places) - from) * 20000n / from;
  const half = twice < 0n ? -1n : 1n;
  return unscaled((twice + half) / 2n, 2);
}

export function arrow(direction) {
  return direction > 0 ? "▲" : direction < 0 ? "▼" : "";
}

export function direction(number) {
  return number > 0 ? "up" : number < 0 ? "down" : "";
}

export function age(ms) {
  const secs = Math.max(0, Math.floor(ms / 1000));
  if (secs < 60) return `${secs}${NARROW}s`;
  if (secs < 3600) return `${Math.floor(secs / 60)}${NARROW}min`;
  if (secs < 172800) return `${Math.floor(secs / 3600)}${NARROW}h`;
  return `${Math.floor(secs / 86400)}${NARROW}d`;
}
