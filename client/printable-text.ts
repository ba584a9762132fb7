import { removeTerminalColours } from "../lib/domain/clean-text.ts";

/**
 * The characters that are never printed: control characters, line separators, and characters that change the writing
 * direction.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * The first character of a command that a runner of a CI system finds anywhere in a line: `##[…]` (GitHub Actions),
 * `##vso[…]` (Azure Pipelines) and `##teamcity[…]`.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 * https://www.jetbrains.com/help/teamcity/service-messages.html
 */
const COMMAND_ANYWHERE = /#(?=#\w*\[)/g;

/**
 * A command that a runner finds only at the start of a line: `::error::` (GitHub Actions), and `---`, `+++`, `~~~` and
 * `^^^` (Buildkite).
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * https://buildkite.com/docs/pipelines/configure/managing-log-output
 */
const COMMAND_AT_START = /^\s*(?:::|---|\+\+\+|~~~|\^\^\^)/;

/**
 * The first colon of a marker of GitLab. GitLab only reads a marker with control characters after it, but a program
 * that removes the control characters may read a marker without them.
 * https://docs.gitlab.com/ci/jobs/job_logs/
 */
const SECTION = /(?<=section_(?:start|end)):(?=\d)/g;

/**
 * Returns untrusted text as one line without control sequences for terminals and without commands for runners of CI
 * systems. Control characters and characters that change the writing direction become spaces.
 */
export function toPrintable(text: string): string {
  return removeTerminalColours(text)
    .replace(UNPRINTABLE, " ")
    .replace(COMMAND_ANYWHERE, "# ")
    .replace(SECTION, ": ")
    .replace(COMMAND_AT_START, "| $&");
}

/**
 * Returns a document as JSON in one line. The line contains a JSON escape sequence for each character that
 * `toPrintable` replaces. A program therefore reads the original texts, and a runner of a CI system reads no command.
 */
export function toPrintableJson(document: object): string {
  return [UNPRINTABLE, COMMAND_ANYWHERE, SECTION].reduce(
    (json, pattern) => json.replace(pattern, escapeCharacter),
    JSON.stringify(document),
  );
}

const escapeCharacter = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
