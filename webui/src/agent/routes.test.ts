import { expect, test } from "vitest";
import { pathOf, routeOf, type Route } from "./routes";

test.each<Route>([
  { area: "work", conversation: null },
  { area: "work", conversation: "conv_1/ä" },
  { area: "recent", conversation: "conv_1" },
  { area: "team", page: null },
  { area: "team", page: "time" },
  { area: "calls" },
  { area: "wallboard" },
  { area: "recordings", recording: null },
  { area: "recordings", recording: "rec_1" },
  { area: "settings", subject: null },
  { area: "settings", subject: "links" },
  { area: "settings", subject: "statuses" },
  { area: "setup" },
])("the path of %o leads back to it", (route) => {
  expect(routeOf(pathOf(route))).toEqual(route);
});

test("an address that names nothing opens My Work", () => {
  for (const path of ["/", "/agent", "/agent/", "/agent/nonsense"]) {
    expect(routeOf(path)).toEqual({ area: "work", conversation: null });
  }
  expect(routeOf("/agent/settings/nonsense")).toEqual({ area: "settings", subject: null });
});
