// Dates in words, in the visitor's own time zone.

const LANGUAGE = "en-GB";
const DAY = 86_400_000;
const format = (options) => new Intl.DateTimeFormat(LANGUAGE, options);
const TIME = format({ hour: "2-digit", minute: "2-digit" });
const TIME_SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const DATE = format({ day: "numeric", month: "long", year: "numeric" });
const LONG = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const DAY_AND_TIME = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const NUMERIC = format({ day: "2-digit", month: "2-digit", year: "numeric" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** "today", "yesterday", "tomorrow", or null when the day has no such name. */
function nearDay(date, now) {
  const days = Math.round((midnight(date) - midnight(now)) / DAY);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(date, now) {
  const seconds = (date - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  for (const [unit, size] of [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(Math.trunc(seconds), "second");
}

const TOKENS = {
  date_num: (date) => NUMERIC.format(date).split("/").reverse().join("-"),
  date: (date) => DATE.format(date),
  date_short: (date) => SHORT.format(date),
  date_long: (date) => LONG.format(date),
  date_pretty: (date, now) => nearDay(date, now) ?? DATE.format(date),
  date_short_pretty: (date, now) => nearDay(date, now) ?? SHORT.format(date),
  date_long_pretty: (date, now) => nearDay(date, now) ?? LONG.format(date),
  time: (date) => TIME.format(date),
  time_secs: (date) => TIME_SECONDS.format(date),
  ago,
};

/** What Slack shows for <!date^unix^format|fallback>: known tokens replaced, a text without any of them is the fallback. */
export function slackDate(unixSeconds, template, fallback, now) {
  const date = new Date(Number(unixSeconds) * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (token, name) => {
    known &&= name in TOKENS;
    return known ? TOKENS[name](date, now) : token;
  });
  if (!known) return fallback;
  return /^\{date\w*pretty\}/.test(template) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

const two = (number) => String(number).padStart(2, "0");

/** Seconds as the value of a field for a day and a time; "" for none. */
export function localMoment(seconds) {
  if (seconds === "" || seconds === null) return "";
  const date = new Date(seconds * 1000);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The value of such a field as seconds; "" for none. */
export const secondsOf = (moment) => (moment ? Math.floor(new Date(moment).getTime() / 1000) : "");

export const timeOf = (date) => TIME.format(date);
export const fullTime = (date) => `${LONG.format(date)} at ${TIME_SECONDS.format(date)}`;
export const dayAndTime = (date) => DAY_AND_TIME.format(date);
export const shortDate = (date) => SHORT.format(date);
export const ofTs = (ts) => new Date(Number.parseFloat(ts) * 1000);

/** The heading above the first message of a day. */
export function dayHeading(date, now) {
  const near = nearDay(date, now);
  return near ? near.charAt(0).toUpperCase() + near.slice(1) : LONG.format(date);
}

export const sameDay = (one, other) => midnight(one) === midnight(other);

/** "2 days 3 h" for a number of seconds, in at most two units. */
export function duration(seconds) {
  const parts = [];
  for (const [unit, size] of [
    ["day", 86_400],
    ["h", 3600],
    ["min", 60],
  ]) {
    const count = Math.floor(seconds / size);
    if (count) parts.push(unit === "day" ? `${count} ${count === 1 ? "day" : "days"}` : `${count} ${unit}`);
    seconds -= count * size;
  }
  return parts.slice(0, 2).join(" ") || `${Math.round(seconds)} s`;
}
