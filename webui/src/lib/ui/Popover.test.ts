import { render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { beforeEach, expect, test } from "vitest";
import Menu from "./Menu.svelte";

// The simulated browser has no popovers.
beforeEach(() => {
  HTMLElement.prototype.showPopover = () => undefined;
});

function opened(entries: string): void {
  const trigger = createRawSnippet<[Record<string, unknown>]>((props) => ({
    render: () => "<button>Status</button>",
    setup: (button) => button.addEventListener("click", props().onclick as EventListener),
  }));
  const children = createRawSnippet(() => ({ render: () => `<div>${entries}</div>` }));
  render(Menu, { label: "Statuses", trigger, children });
  screen.getByRole("button", { name: "Status" }).click();
}

test("a menu opens at the entry that is chosen, wherever it stands", () => {
  opened(`
    <button role="menuitem">Take back</button>
    <button role="menuitemradio" aria-checked="false">Active</button>
    <button role="menuitemradio" aria-checked="true">Busy</button>
  `);
  expect(document.activeElement?.textContent).toBe("Busy");
});

test("a menu in which nothing is chosen opens at its first entry", () => {
  opened(`<p>Somebody</p><button role="menuitem">Devices</button><button role="menuitem">Sign out</button>`);
  expect(document.activeElement?.textContent).toBe("Devices");
});
