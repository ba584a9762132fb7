import { removeTerminalColours } from "../lib/domain/clean-text.ts";

/**
 * The characters that are never printed: control characters, line separators and characters that change the direction
 * of writing.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * The first character of a CI command such as `##[error]` (GitHub Actions), `##vso[…]` (Azure Pipelines) or
 * `##teamcity[…]`. A CI runner executes such CI commands anywhere in a log line.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 * https://www.jetbrains.com/help/teamcity/service-messages.html
 */
const COMMAND_ANYWHERE = /#(?=#\w*\[)/g;

/**
 * A CI runner executes these commands only at the start of a log line: `::error::` (GitHub Actions), and `---`, `+++`,
 * `~~~` and `^^^` (Buildkite). https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * https://buildkite.com/docs/pipelines/configure/managing-log-output
 */
const COMMAND_AT_START = /^\s*(?:::|---|\+\+\+|~~~|\^\^\^)/;

/**
 * The first colon in a section marker of GitLab, such as the first colon in `section_start:1:name`. The colon is
 * replaced so that GitLab does not read the text as a section marker. https://docs.gitlab.com/ci/jobs/job_logs/
 */
const SECTION = /(?<=section_(?:start|end)):(?=\d)/g;

/**
 * Makes untrusted text safe for a terminal and for the log of a CI system. The result is one line without control
 * characters and without commands of a CI runner.
 */
export function toPrintable(text: string): string {
  return removeTerminalColours(text)
    .replace(UNPRINTABLE, " ")
    .replace(COMMAND_ANYWHERE, "# ")
    .replace(SECTION, ": ")
    .replace(COMMAND_AT_START, "| $&");
}

/**
 * Returns a document as JSON in one line. Unsafe characters are replaced by JSON escape sequences, such as `\u001b`.
 * JSON escape sequences do not change the parsed document, but prevent that a CI runner executes a command in the line.
 */
export function toPrintableJson(document: object): string {
  return [UNPRINTABLE, COMMAND_ANYWHERE, SECTION].reduce(
    (json, pattern) => json.replace(pattern, escapeCharacter),
    JSON.stringify(document),
  );
}

const escapeCharacter = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
