/** What a connection's counters say. */

export interface Counters {
  /** Any sign of life from the server: media, control packets, answers to connectivity checks. */
  heard: number;
  framesDecoded: number;
}

export function readCounters(report: RTCStatsReport): Counters {
  const sum: Counters = { heard: 0, framesDecoded: 0 };
  report.forEach((entry: Record<string, unknown>) => {
    const number = (key: string) => (typeof entry[key] === "number" ? entry[key] : 0);
    if (entry["type"] === "inbound-rtp" && entry["kind"] === "video") sum.framesDecoded += number("framesDecoded");
    else if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded") {
      sum.heard += number("bytesReceived") + number("responsesReceived");
    }
  });
  return sum;
}
