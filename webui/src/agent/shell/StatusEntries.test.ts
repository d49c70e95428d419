import { render, screen, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { AgentStatus, Group } from "../../lib/api/types";
import StatusEntries from "./StatusEntries.svelte";

const status = (id: string, name: string, group: Group): AgentStatus => ({
  id,
  name,
  group,
  built_in: !id.startsWith("sts_"),
  place: 0,
  version: 1,
});
const OWN = [
  status("active", "Ready", "available"),
  status("busy", "Busy", "busy"),
  status("away", "Away", "away"),
  status("offline", "Offline", "unavailable"),
];
const CUSTOM = [...OWN.slice(0, 3), status("sts_1", "Lunch", "away"), ...OWN.slice(3)];

function shown(value: AgentStatus[] | null, agent: { status: string; then: { id: string; name: string } | null }) {
  const onselect = vi.fn();
  const refresh = vi.fn(() => Promise.resolve());
  render(StatusEntries, { statuses: { value, error: null, refresh }, agent, onselect });
  return onselect;
}

test("statuses that supervisors made or renamed have their own names, each in its group", () => {
  const onselect = shown(CUSTOM, { status: "sts_1", then: null });
  const away = within(screen.getByRole("group", { name: "Away" }));
  expect(
    away.getAllByRole("menuitemradio").map((entry) => entry.ariaLabel ?? entry.getAttribute("aria-label")),
  ).toEqual(["Away", "Lunch"]);
  expect(away.getByRole("menuitemradio", { checked: true }).textContent).toContain("Lunch");
  screen.getByRole("menuitemradio", { name: "Ready" }).click();
  expect(onselect).toHaveBeenCalledWith(CUSTOM[0]);
});

test("headings are shown once a group has more than its own status", () => {
  shown(OWN, { status: "active", then: null });
  expect(screen.queryByText("Unavailable")).toBeNull();
});

test("the status that is chosen for afterwards says so in its name, and is not the present one", () => {
  shown(CUSTOM, { status: "active", then: { id: "sts_1", name: "Lunch" } });
  const next = screen.getByRole("menuitemradio", { name: "Lunch, afterwards" });
  expect(next.getAttribute("aria-checked")).toBe("false");
});
