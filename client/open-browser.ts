import { spawn } from "node:child_process";

const STARTERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  // The Windows command `start` needs a shell. A shell would cut the URL at the character `&`.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * The function waits at most this number of milliseconds for the exit status of the started program. If the program
 * still runs after this time, the function returns true, because the program may be the browser itself.
 */
const START_TIME_LIMIT_MS = 1_000;

/**
 * Opens a web page in the browser, or returns false if no browser can be started.
 * @param host the operating system, and the environment variables of the browser
 */
export function openBrowser(
  url: string,
  { platform, env }: Pick<NodeJS.Process, "platform" | "env"> = process,
): Promise<boolean> {
  if (!/^https?:/.test(url)) return Promise.resolve(false);
  const [program = "", ...parameters] = STARTERS[platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(program, [...parameters, url], { stdio: "ignore", detached: true, env });
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
