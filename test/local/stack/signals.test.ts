import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { eventually } from "../../support/eventually.ts";

const SIGNALS = pathToFileURL("local/stack/signals.ts");

it("after the first signal the next one ends the process, though it would never end by itself", async () => {
  const code = `import { untilToldToStop } from ${JSON.stringify(SIGNALS)};
    setInterval(() => {}, 1000);
    console.log("listening");
    console.log(await untilToldToStop());`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  let words = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    words += chunk;
  });
  const ended = once(child, "exit");
  await eventually("it to listen", () => words.includes("listening"));
  child.kill("SIGTERM");
  await eventually("it to have been told", () => words.includes("SIGTERM"));
  await eventually("it to end", () => !child.kill("SIGINT"));
  expect(await ended).toEqual([null, "SIGINT"]);
});
