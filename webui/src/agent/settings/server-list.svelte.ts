import type { StaleList } from "../../lib/api/types";
import { Fetched } from "../shell/fetched.svelte";
import type { Panel } from "../shell/panel.svelte";

/** A value of the server that a page changes: when it was fetched again, it is as new as the last request for it. */
export class ServerList<T> extends Fetched<T> {
  private newest = Promise.resolve();

  override async refresh(): Promise<void> {
    this.newest = super.refresh();
    // A push may ask once more meanwhile, and then the answer to this request counts no longer.
    let waited;
    do await (waited = this.newest);
    while (waited !== this.newest);
  }
}

/** A list of the server that is fetched now and again whenever it goes stale. Made while a component starts. */
export function serverList<T>(panel: Panel, list: StaleList, fetch: () => Promise<T>): ServerList<T> {
  const fetched = new ServerList(fetch);
  $effect(() => {
    void fetched.refresh();
    return panel.onNews((news) => {
      if (news.kind === "everything" || (news.kind === "stale" && news.list === list)) void fetched.refresh();
    });
  });
  return fetched;
}
