import type { Ticker } from "./panel-socket";

/** Makes a ticker that runs in a Web Worker. */
export function workerTicker(): Ticker {
  const worker = new Worker(new URL("./heartbeat.worker.ts", import.meta.url), { type: "module" });
  return {
    pace: (ms) => worker.postMessage(ms),
    onTick: (listener) => worker.addEventListener("message", listener),
    end: () => worker.terminate(),
  };
}
