import { startToyStack, until } from "../../support/toy-stack.ts";

describe("a schedule", () => {
  it("invokes its function with a scheduled event, again and again", async () => {
    const stack = await startToyStack(600);
    const ticks = () =>
      stack.lines.filter((line) => /^tick .*"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/.test(line));
    await until(() => ticks().length >= 2);
    await stack.stop();
  }, 60_000);
});
