import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionHost } from "../../../local/lambda/function-host.ts";
import { type Echo, unpackEcho } from "../../support/echo-function.ts";

let echo: Echo;
let host: FunctionHost;

beforeAll(async () => {
  echo = await unpackEcho();
});
afterAll(() => echo.remove());
afterEach(() => host.stop());

describe("the bootstrap of a function's process", () => {
  test.each([
    ["a missing module", "functions/nothing.handler", "Runtime.ImportModuleError"],
    ["a missing export", "functions/echo.nothing", "Runtime.HandlerNotFound"],
    ["a handler with a callback parameter", "made/callback.handler", "Runtime.CallbackHandlerDeprecated"],
    ["a module that throws", "made/throws.handler", "RangeError"],
    ["a module that exits", "made/exits.handler", "Runtime.ExitError"],
    ["a module that waits for nothing", "made/waits.handler", "Runtime.ExitError"],
  ])("refuses %s", async (_, handler, errorType) => {
    host = echo.host({ handler });
    await mkdir(join(echo.taskRoot, "made"), { recursive: true });
    await writeFile(
      join(echo.taskRoot, "made/callback.mjs"),
      "export function handler(event, context, callback) {}",
    );
    await writeFile(join(echo.taskRoot, "made/throws.mjs"), "throw new RangeError('during its load')");
    await writeFile(join(echo.taskRoot, "made/exits.mjs"), "process.exit(3)");
    await writeFile(join(echo.taskRoot, "made/waits.mjs"), "await new Promise(() => {})");
    expect(await host.invoke({})).toMatchObject({ kind: "error", error: { errorType } });
  });
});
