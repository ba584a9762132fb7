import {
  COMMAND_TEXTS,
  type CommandName,
  OPERATOR_COMMANDS,
  OPTION_FORMS,
  type OptionForm,
  optionsOf,
  SERVER_COMMANDS,
} from "./command-table.ts";

/** The version of the command. A test checks that `VERSION` and the version in `package.json` are equal. */
export const VERSION = "0.2.0";

const NAME = "cce-notifier";
/** The maximum length of a line in the help. The help fits into a terminal with 80 columns. */
const WIDTH = 78;

const PURPOSE = `${NAME} watches jobs of Huawei Cloud CCE, and notifies people and
systems of their outcome.`;

/** The help text for a command line without a command. */
export const SHORT_USAGE = `${PURPOSE}

  ${NAME} watch JOB_ID --wait    submits a job and waits for its end
  ${NAME} list                   lists the jobs of a project

All commands: ${NAME} --help. One command: ${NAME} help COMMAND.
`;

export const USAGE = `${PURPOSE}

Examples:
  ${NAME} ${COMMAND_TEXTS.watch.examples[0]}
  ${NAME} ${COMMAND_TEXTS.watch.examples[1]}
  ${NAME} ${COMMAND_TEXTS.list.examples[0]}

Usage: ${NAME} COMMAND [ARGUMENT…] [OPTION…]

Commands:
${rows(Object.entries(COMMAND_TEXTS).map(([name, { summary }]) => [name, summary]))}

Commands of the one-node edition, which needs Node.js 24:
${rows(Object.entries({ ...SERVER_COMMANDS, ...OPERATOR_COMMANDS }))}

The options of a command: ${NAME} help COMMAND
The version: ${NAME} --version
Arguments and options may stand in any order. A job is JOB_ID or PROJECT/JOB_ID.

Environment:
${rows([
  ["NOTIFIER_URL", "the URL of the service"],
  ["NOTIFIER_TOKEN", "a token of the service, or an identity token of a CI system"],
  [
    "NOTIFIER_AUDIENCE",
    'in GitHub Actions with the permission "id-token: write", in place of a token: the audience of the identity token',
  ],
  ["NOTIFIER_PROJECT", "the default of --project"],
  ["HTTPS_PROXY, NO_PROXY", "the HTTP proxy, and the hosts that need no proxy, as for curl"],
  ["NO_COLOR", "prints no colours"],
])}

Exit status:
${rows([
  ["0", "the job succeeded, the request was carried out, or the job is running and --wait was not used"],
  [
    "1",
    "a job failed or its resource did not become ready, a target did not accept the test message, or redeliver skipped a target",
  ],
  ["2", "wrong usage or an invalid request"],
  ["3", "a job timed out, was lost or was stopped, or has not ended within --timeout-seconds"],
  ["4", "the service cannot be reached or refuses access"],
  ["5", "a job succeeded, but a target was not notified"],
])}
For several jobs the worst status counts: 4, then 2, 1, 3, 5.

Documentation: docs/command.md in the repository of the service, and the page
/docs of the service.
`;

export function formatUsage(command: CommandName): string {
  const { summary, usage, examples } = COMMAND_TEXTS[command];
  const lines = (texts: readonly string[]) => texts.map((text) => `  ${NAME} ${text}`.trimEnd()).join("\n");
  const options = optionsOf(command).map(([name, text]) => {
    const form: OptionForm = OPTION_FORMS[name];
    return [optionText(name, form), form.isRepeatable ? `${text}; may be repeated` : text] as const;
  });
  return `${wrap(`${NAME} ${command}: ${summary}.`, 0).join("\n")}

Examples:
${lines(examples)}

Usage:
${lines(usage.map((form) => `${command} ${form} [OPTION…]`.replace("  ", " ")))}

Options:
${rows(options)}
`;
}

function optionText(name: string, { value }: OptionForm): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** Formats the rows of a help text as two aligned columns. A long text in the second column is wrapped. */
function rows(entries: readonly (readonly [string, string])[]): string {
  const column = Math.max(...entries.map(([name]) => name.length)) + 4;
  return entries
    .map(([name, text]) => `  ${name}`.padEnd(column) + wrap(text, column).join(`\n${" ".repeat(column)}`))
    .join("\n");
}

/** Splits a text into lines for a column of the help. The column starts after `column` characters of the line. */
function wrap(text: string, column: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && column + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
