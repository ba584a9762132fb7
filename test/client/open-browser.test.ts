import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { jest } from "@jest/globals";
import { openBrowser } from "../../client/open-browser.ts";
import { fakeTimeouts, resultOrWaits } from "../support/fake-timeouts.ts";

const URL_OF_PAGE = "https://n.example/jobs/prod/a?key=k&x=1";

beforeEach(() => fakeTimeouts());
afterEach(() => void jest.useRealTimers());

/** Creates a program that writes its parameters to a file and then runs a shell command. */
function createProgram(name: string, command = "exit 0") {
  const folder = mkdtempSync(path.join(tmpdir(), "browser-"));
  const output = path.join(folder, "parameters");
  const program = path.join(folder, name);
  writeFileSync(program, `#!/bin/sh\necho "$@" >"${output}"\n${command}\n`);
  chmodSync(program, 0o755);
  return { env: { PATH: `${folder}:/usr/bin:/bin` }, parameters: () => readFileSync(output, "utf8").trim() };
}

test.each([
  ["linux", "xdg-open", URL_OF_PAGE],
  ["freebsd", "xdg-open", URL_OF_PAGE],
  ["darwin", "open", URL_OF_PAGE],
  ["win32", "rundll32", `url.dll,FileProtocolHandler ${URL_OF_PAGE}`],
] as const)("on %s, the page is opened by the program %s", async (platform, program, parameters) => {
  const started = createProgram(program);
  expect(await openBrowser(URL_OF_PAGE, { platform, env: started.env })).toBe(true);
  expect(started.parameters()).toBe(parameters);
});

test("no browser is opened if the program fails or does not exist", async () => {
  const { env } = createProgram("xdg-open", "exit 3");
  expect(await openBrowser(URL_OF_PAGE, { platform: "linux", env })).toBe(false);
  expect(await openBrowser(URL_OF_PAGE, { platform: "darwin", env: { PATH: "/nowhere" } })).toBe(false);
});

test("a program that still runs after a second counts as the browser, and the command can end before it", async () => {
  // The program ends as soon as the test has ended.
  const { env } = createProgram("xdg-open", `while kill -0 ${process.pid}; do sleep 3; done`);
  const opened = openBrowser(URL_OF_PAGE, { platform: "linux", env });
  jest.advanceTimersByTime(999);
  expect(await resultOrWaits(opened)).toBe("waits");
  jest.advanceTimersByTime(1);
  expect(await resultOrWaits(opened)).toBe(true);
  expect(process.getActiveResourcesInfo()).not.toContain("ProcessWrap");
});

test.each([
  ["reads and writes nothing of the command", "[ -c /dev/fd/0 ] && [ -c /dev/fd/1 ] && [ ! -t 1 ]"],
  ["is not ended with the command by Ctrl-C, because it has its own process group", "kill -0 -$$"],
])("the program that opens a page %s", async (_, condition) => {
  const { env } = createProgram("xdg-open", condition);
  expect(await openBrowser(URL_OF_PAGE, { platform: "linux", env })).toBe(true);
});

test("after the program has ended, no timer delays the end of the command", async () => {
  const { env, parameters } = createProgram("xdg-open");
  const page = "http://localhost:8080/jobs";
  expect(await openBrowser(page, { platform: "linux", env })).toBe(true);
  expect([parameters(), jest.getTimerCount()]).toEqual([page, 0]);
});

test.each([
  "file:///etc/passwd",
  "javascript:alert(1)",
  "--help",
  " https://n.example/",
  "xhttps://n.example/",
])("%s is not opened, because it is not the URL of a page", async (url) => {
  const { env, parameters } = createProgram("xdg-open");
  expect(await openBrowser(url, { platform: "linux", env })).toBe(false);
  expect(parameters).toThrow("ENOENT");
});
