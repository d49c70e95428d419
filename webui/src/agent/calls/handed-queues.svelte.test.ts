import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import { queues } from "../../lib/api/client";
import type { Panel } from "../shell/panel.svelte";
import { handedQueues } from "./handed-queues.svelte";

test("what else happens at the panel is no reason to ask for the queues again", () => {
  const asked = vi.spyOn(queues, "all").mockResolvedValue([]);
  let state = $state.raw({ me: { id: "user_ana" } });
  const panel = {
    get state() {
      return state;
    },
    onNews: () => () => {},
  };
  const stop = $effect.root(() => void handedQueues(panel as unknown as Panel));
  flushSync();
  state = { me: { id: "user_ana" } };
  flushSync();
  stop();
  expect(asked).toHaveBeenCalledTimes(1);
});
