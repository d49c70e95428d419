import { fireEvent, render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { expect, test } from "vitest";
import ReplyBox from "./ReplyBox.svelte";
import type { Thread } from "./thread.svelte";

/** A thread on a slow line: what was sent arrives when the test says so. */
function slow(): { thread: Thread; arrive: () => void } {
  let arrive = (): void => undefined;
  const sent = new Promise<void>((resolve) => (arrive = resolve));
  const conversation = { can_message: true, customer: { name: "Nora" } };
  return { thread: { id: "conv_1", conversation, send: () => sent } as unknown as Thread, arrive };
}

async function sendsAndTypes(box: HTMLTextAreaElement, sent: string, then: string, arrive: () => void): Promise<void> {
  await fireEvent.input(box, { target: { value: sent } });
  await fireEvent.keyDown(box, { key: "Enter", ctrlKey: true });
  await fireEvent.input(box, { target: { value: then } });
  arrive();
  await new Promise((resolve) => setTimeout(resolve)); // what waits for the arrival has gone on
  await tick();
}

test.each([
  ["another text stays", "Thank you, I have it.", "Thank you, I have it."],
  ["what was added to it stays", "She sounds upset. Call her.", "Call her."],
  ["nothing stays of what was sent", "She sounds upset.", ""],
])("while a text is on its way: %s", async (_, then, kept) => {
  const { thread, arrive } = slow();
  render(ReplyBox, { thread });
  const box = screen.getByRole<HTMLTextAreaElement>("textbox");
  await sendsAndTypes(box, "She sounds upset.", then, arrive);
  expect(box.value).toBe(kept);
});
