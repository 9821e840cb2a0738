// Keeps a page in step with what it shows, by a long poll, for as long as somebody sees it.

let hiding = new AbortController(); // ends when nobody sees the page
let onceSeen = [];

document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiding.abort();
  else {
    hiding = new AbortController();
    for (const wake of onceSeen.splice(0)) wake();
  }
});

/**
 * Load, then wait for the next version, until `signal` ends it. After a failure or a pause, whatever was known may be
 * out of date. `heard` is told whether the sandbox answers.
 */
export async function follow({ signal, heard, version, poll, load }) {
  let stale = true;
  let pause = 500;
  while (!signal.aborted) {
    if (document.hidden) {
      await new Promise((resolve) => onceSeen.push(resolve));
      stale = true;
    }
    try {
      if (stale) await load();
      stale = false;
      heard(true);
      pause = 500;
      const latest = await poll(version(), AbortSignal.any([signal, hiding.signal]));
      stale = latest.version !== version();
    } catch (error) {
      if (error.name === "AbortError") continue;
      stale = true;
      if (!signal.aborted) heard(false);
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 5000);
    }
  }
}
