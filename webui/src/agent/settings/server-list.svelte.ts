import type { StaleList } from "../../lib/api/types";
import { Fetched } from "../shell/fetched.svelte";
import type { Panel } from "../shell/panel.svelte";

/** A list of the server that is fetched now and again whenever it goes stale. Made while a component starts. */
export function serverList<T>(panel: Panel, list: StaleList, fetch: () => Promise<T>): Fetched<T> {
  const fetched = new Fetched(fetch);
  $effect(() => {
    void fetched.refresh();
    return panel.onNews((news) => {
      if (news.kind === "everything" || (news.kind === "stale" && news.list === list)) void fetched.refresh();
    });
  });
  return fetched;
}
