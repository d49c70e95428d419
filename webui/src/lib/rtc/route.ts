/** Which way the packets of a connection go. */

/** Says whether they go through a TURN server; null while no way is chosen. */
export function readRelayed(report: RTCStatsReport): boolean | null {
  const entries = new Map<string, Record<string, unknown>>();
  report.forEach((entry: Record<string, unknown>, id) => entries.set(id, entry));
  const all = [...entries.values()];
  const named = all.find(({ type, selectedCandidatePairId: id }) => type === "transport" && id !== undefined);
  const chosen = named
    ? entries.get(String(named["selectedCandidatePairId"]))
    : all.find(({ type, selected }) => type === "candidate-pair" && selected === true); // Firefox names none
  const local = chosen && entries.get(String(chosen["localCandidateId"]));
  return local ? local["candidateType"] === "relay" : null;
}
