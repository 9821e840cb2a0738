// A page is drawn soon after something has changed, once for all that changed together.

let draw = () => {};
let scheduled = false;

/** Call `callback` after every change, at most once per turn of the event loop. */
export function onChange(callback) {
  draw = callback;
}

export function redraw() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    draw();
  });
}
