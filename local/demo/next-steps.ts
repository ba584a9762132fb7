import { colourText } from "../../client/terminal.ts";
import { DEMO_PROJECT } from "./demo-environment.ts";

/**
 * Returns the command line that submits a job of the demo's project. The command line works in a POSIX shell without a
 * change.
 */
export function formatSubmitCommand(
  api: string,
  token: string,
  body: Readonly<Record<string, unknown>>,
): string {
  const json = JSON.stringify({ project: DEMO_PROJECT, ...body });
  return [
    `curl -sS -X POST ${api}/v1/jobs \\`,
    `  -H 'Authorization: Bearer ${token}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${json}'`,
  ].join("\n");
}

/**
 * Returns text about what the user of the demo can do next. The returned text fits into 80 columns, except for URLs and
 * the command line.
 * @param jobId a job in the simulated CCE that nobody has submitted
 */
export function formatNextSteps(demo: {
  readonly api: string;
  readonly token: string;
  readonly notificationsUrl: string;
  readonly listUrl: string | null;
  readonly jobId: string;
  readonly hasColours: boolean;
}): string {
  const { api, token, notificationsUrl, listUrl, jobId, hasColours } = demo;
  const title = (text: string) => (hasColours ? colourText(text, "bold") : text);
  return [
    title("What to do next"),
    "",
    title("Open in a browser"),
    `  notifications   ${notificationsUrl}`,
    `  list of jobs    ${listUrl ?? "no link"}`,
    `  API reference   ${api}/docs`,
    "",
    title("Submit a job yourself, in another terminal"),
    ...formatSubmitCommand(api, token, { jobId })
      .split("\n")
      .map((line) => `  ${line}`),
    "",
    title("Start and submit more jobs"),
    "  npm run demo:job -- fail|succeed|hang|30-nodes|upgrade",
    "",
    title("Watch jobs of your own project"),
    "  1. Copy config.example.json to config.json and fill in the blanks",
    "     (docs/configuration.md explains each key).",
    "  2. npm run config -- check config.json",
    "  3. CONFIG_FILE=config.json npm run stack",
    "  Then choose an edition: README.md, 'Choose an edition'.",
    "",
  ].join("\n");
}
