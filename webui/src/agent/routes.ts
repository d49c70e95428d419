/** The panel's addresses. Everything lives under /agent; docs/protocol.md lists them. */

export const settingsSubjects = [
  "users",
  "agents",
  "queues",
  "rules",
  "waiting",
  "recording",
  "statuses",
  "dispositions",
  "recording-storage",
  "links",
  "centre",
  "devices",
  "account",
  "audit",
] as const;
export type SettingsSubject = (typeof settingsSubjects)[number];

export type Route =
  | { area: "work" | "recent"; conversation: string | null }
  | { area: "team"; page: "time" | null }
  | { area: "calls" | "wallboard" }
  | { area: "recordings"; recording: string | null }
  | { area: "settings"; subject: SettingsSubject | null }
  | { area: "setup" };

const ROOT = "/agent";
const HOME: Route = { area: "work", conversation: null };

/** Reads a path; one that names nothing is My Work. */
export function routeOf(path: string): Route {
  const [, , area, detail] = path.split("/");
  switch (area) {
    case "work":
    case "recent":
      return { area, conversation: detail ? decodeURIComponent(detail) : null };
    case "recordings":
      return { area, recording: detail ? decodeURIComponent(detail) : null };
    case "team":
      return { area, page: detail === "time" ? detail : null };
    case "calls":
    case "wallboard":
    case "setup":
      return { area };
    case "settings":
      return { area, subject: settingsSubjects.find((subject) => subject === detail) ?? null };
    default:
      return HOME;
  }
}

/** Writes the path that `routeOf` reads back. */
export function pathOf(route: Route): string {
  switch (route.area) {
    case "work":
    case "recent":
      return joined(route.area, route.conversation);
    case "settings":
      return joined(route.area, route.subject);
    case "recordings":
      return joined(route.area, route.recording);
    case "team":
      return joined(route.area, route.page);
    default:
      return joined(route.area, null);
  }
}

function joined(area: string, detail: string | null): string {
  return detail === null ? `${ROOT}/${area}` : `${ROOT}/${area}/${encodeURIComponent(detail)}`;
}
