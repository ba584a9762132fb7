import { spawn } from "node:child_process";

const STARTERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  // On Windows, the command `start` is not used to open a URL. `start` needs a shell, and a shell ends the command at
  // the character `&` in the URL.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * A browser that still runs after this number of milliseconds counts as opened. The started program can run for a long
 * time, because the program can be the browser itself.
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
