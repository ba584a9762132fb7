import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { eventually } from "../../support/eventually.ts";

const MODULE = pathToFileURL("local/stack/run-until-stopped.ts");

it("a second signal ends a process that does not end by itself", async () => {
  const code = `import { waitForStopSignal } from ${JSON.stringify(MODULE)};
    setInterval(() => {}, 1000);
    const stopped = waitForStopSignal();
    console.log("listening");
    console.log(await stopped);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const ended = once(child, "exit");
  await eventually("the process to listen", () => output.includes("listening"));
  child.kill("SIGTERM");
  await eventually("the process to receive the signal", () => output.includes("SIGTERM"));
  await eventually("the process to end", () => !child.kill("SIGINT"));
  expect(await ended).toEqual([null, "SIGINT"]);
});
