// Moments come as UTC, and are shown as the person's own calendar and clock have them.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** How Usher's sentences say a moment: `24 Nov 2026 at 10:02 UTC`. */
const IN_WORDS = new RegExp(`(\\d{1,2}) (${MONTHS.join("|")}) (\\d{4}) at (\\d{2}):(\\d{2}) UTC`);

/** `8 Dec 2026, 11:02`, as an element that is written anew when the host moves. */
function moment(iso) {
  return written(element("time", { datetime: iso }));
}

/** A sentence of Usher's, with its moments made the person's own: pieces to put on the page. */
function sentence(words) {
  const [first, ...rest] = words.split(IN_WORDS);
  const pieces = [first];
  while (rest.length) {
    const [day, month, year, hour, minute, after] = rest.splice(0, 6);
    const at = new Date(Date.UTC(year, MONTHS.indexOf(month), day, hour, minute));
    pieces.push(moment(at.toISOString()), after);
  }
  return pieces;
}

/** Writes all moments on the page anew: the host's language or time zone may be another one now. */
function rewriteMoments() {
  for (const time of document.querySelectorAll("time")) written(time);
}

function written(time) {
  const at = new Date(time.dateTime);
  time.textContent = Number.isNaN(at.getTime()) ? time.dateTime : calendar().format(at);
  return time;
}

function calendar() {
  const { locale, timeZone } = host.context;
  const style = { dateStyle: "medium", timeStyle: "short" };
  try {
    return new Intl.DateTimeFormat(locale, { ...style, timeZone });
  } catch {
    return new Intl.DateTimeFormat(undefined, style); // a language or a zone that this browser does not know
  }
}
