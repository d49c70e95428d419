/** Ticks in a worker, since a hidden page's own timers slow down to one a minute. A message sets the pace in ms, 0 stops. */

let timer: ReturnType<typeof setInterval> | undefined;

addEventListener("message", (event: MessageEvent<number>) => {
  clearInterval(timer);
  if (event.data > 0) timer = setInterval(() => postMessage(null), event.data);
});
