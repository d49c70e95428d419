import { expect, test } from "vitest";
import { Fetched } from "./fetched.svelte";

test("who fetches again has the newest answer, also when a push asked once more meanwhile", async () => {
  const answers: ((value: string) => void)[] = [];
  const list = new Fetched(() => new Promise<string>((answer) => answers.push(answer)));
  const saved = list.refresh().then(() => list.value);
  void list.refresh();
  answers[0]?.("before");
  await Promise.resolve();
  answers[1]?.("after");
  expect(await saved).toBe("after");
});
