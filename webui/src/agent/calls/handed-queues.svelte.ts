import { untrack } from "svelte";
import { queues as api } from "../../lib/api/client";
import type { Queue } from "../../lib/api/types";
import { Fetched } from "../shell/fetched.svelte";
import type { Panel } from "../shell/panel.svelte";

/**
 * The own queues that hand out nothing by themselves: their callers ring only at who asks for the next one (SYS-03).
 * Made while a component starts. Calls are heard of only where there is such a queue, since most centres have none.
 */
export function handedQueues(panel: Panel): Fetched<Queue[]> {
  const fetched = new Fetched(async () => {
    const own = untrack(() => panel.state?.me.id); // or whatever changes at the panel would ask again
    const all = await api.all();
    return all.filter((queue) => !queue.auto_assign && queue.members.some(({ id }) => id === own));
  });
  $effect(() => {
    void fetched.refresh();
    return panel.onNews((news) => {
      const calls = news.kind === "stale" && news.list === "calls" && fetched.value?.length !== 0;
      const queues = news.kind === "stale" && news.list === "queues";
      if (news.kind === "everything" || queues || calls) void fetched.refresh();
    });
  });
  return fetched;
}
