import { spawn } from "node:child_process";

const STARTERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  // The Windows command `start` is not used. The command `start` needs a shell, and the shell would treat `&` in the
  // URL as the end of the command.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * If the started program has not failed after this time, the browser counts as opened. The program can run for a long
 * time, because a browser may run in it until the user closes the browser.
 */
const START_TIME_LIMIT_MS = 1_000;

/** Opens a web page in the browser, or returns false if no browser can be started. */
export function openBrowser(url: string): Promise<boolean> {
  if (!/^https?:/.test(url)) return Promise.resolve(false);
  const [program = "", ...parameters] = STARTERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(program, [...parameters, url], { stdio: "ignore", detached: true });
    const timer = setTimeout(() => resolve(true), START_TIME_LIMIT_MS);
    const end = (isOpen: boolean) => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.once("error", () => end(false));
    child.once("exit", (code) => end(code === 0));
    child.unref();
  });
}
