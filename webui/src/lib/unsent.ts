/** What a box holds once what was sent from it has arrived: people go on typing while it is on its way. */
export function unsent(now: string, sent: string): string {
  return now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
}
