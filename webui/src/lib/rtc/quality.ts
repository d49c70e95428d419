/** What a connection's counters say, and one word for it. */

export interface Counters {
  /** Any sign of life from the server: media, control packets, answers to connectivity checks. */
  heard: number;
  packetsReceived: number;
  packetsLost: number;
  framesDecoded: number;
  bytesReceived: number;
  bytesSent: number;
  /** Seconds there and back to the server, or null when not measured yet. */
  roundTrip: number | null;
}

export type Quality = "good" | "fair" | "poor";

export function readCounters(report: RTCStatsReport): Counters {
  const sum: Counters = {
    heard: 0,
    packetsReceived: 0,
    packetsLost: 0,
    framesDecoded: 0,
    bytesReceived: 0,
    bytesSent: 0,
    roundTrip: null,
  };
  report.forEach((entry: Record<string, unknown>) => {
    const number = (key: string) => (typeof entry[key] === "number" ? entry[key] : 0);
    if (entry["type"] === "inbound-rtp") {
      sum.packetsReceived += number("packetsReceived");
      sum.packetsLost += number("packetsLost");
      if (entry["kind"] === "video") sum.framesDecoded += number("framesDecoded");
    } else if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded") {
      sum.bytesReceived += number("bytesReceived");
      sum.bytesSent += number("bytesSent");
      sum.heard += number("bytesReceived") + number("responsesReceived");
      if (typeof entry["currentRoundTripTime"] === "number") sum.roundTrip = entry["currentRoundTripTime"];
    }
  });
  return sum;
}

/** Judges the time between two readings: under 2 % loss and 300 ms is good, from 5 % or 600 ms on it is poor. */
export function judge(before: Counters, after: Counters): Quality {
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  const received = Math.max(0, after.packetsReceived - before.packetsReceived);
  const loss = lost + received === 0 ? 0 : lost / (lost + received);
  const roundTrip = after.roundTrip ?? 0;
  if (loss >= 0.05 || roundTrip >= 0.6) return "poor";
  return loss >= 0.02 || roundTrip >= 0.3 ? "fair" : "good";
}
