import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import Figures from "./Figures.svelte";

test("a call in which two agents were measured at once shows both, and its thread with it", () => {
  const lines = ["Agent", "Agent", "Customer"].map((name) => ({ name, quality: null }));
  render(Figures, { caption: "Figures", lines });
  expect(screen.getAllByRole("columnheader").map(({ textContent }) => textContent)).toEqual([
    "Agent",
    "Agent",
    "Customer",
  ]);
});
