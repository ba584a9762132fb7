import {
  COMMAND_TEXTS,
  type CommandName,
  OPERATOR_COMMANDS,
  OPTION_FORMS,
  type OptionForm,
  optionsOf,
  SERVER_COMMANDS,
} from "./command-table.ts";
import {
  SERVER_ARGUMENTS,
  SERVER_COMMAND_OPTIONS,
  type ServerCommandName,
} from "./server-command-options.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return SHELLS.some((shell) => shell === name);
}

/** A command-line option that the completion script suggests. `text` is the help text of the option. */
type CompletedOption = OptionForm & { readonly name: string; readonly text: string };

/** A command that the completion script suggests. */
interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  /**
   * The arguments that the completion script suggests after the command. If the value is `file`, the script suggests
   * file paths.
   */
  readonly choices: readonly string[] | "file";
  readonly options: readonly CompletedOption[];
}

const SUMMARIES = Object.fromEntries(
  Object.entries(COMMAND_TEXTS).map(([name, { summary }]) => [name, summary]),
) as Readonly<Record<CommandName, string>>;
const SERVER_SUMMARIES = { ...SERVER_COMMANDS, ...OPERATOR_COMMANDS };

/** For some commands, all possible arguments, such as `bash` for the command `completion`. */
const ARGUMENTS: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  completion: SHELLS,
  help: [...Object.keys(SUMMARIES), ...Object.keys(SERVER_SUMMARIES)],
};

const COMMANDS: readonly CompletedCommand[] = [
  ...(Object.keys(SUMMARIES) as CommandName[]).map((name) => ({
    name,
    summary: SUMMARIES[name],
    choices: ARGUMENTS[name] ?? [],
    options: optionsOf(name).map(([option, text]) => {
      const form: OptionForm = OPTION_FORMS[option];
      return { ...form, name: option, text };
    }),
  })),
  ...(Object.keys(SERVER_SUMMARIES) as ServerCommandName[]).map((name) => ({
    name,
    summary: SERVER_SUMMARIES[name],
    choices: SERVER_ARGUMENTS[name] ?? [],
    options: Object.entries(SERVER_COMMAND_OPTIONS[name]).map(([option, form]) => ({
      ...form,
      name: option,
    })),
  })),
];

/** Returns the script that completes the commands, options and known values of `cce-notifier` in a shell. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
    default:
      return shell satisfies never;
  }
}

/** The commands of bash that list files and folders. */
const BASH_PATHS = { file: "-f", folder: "-d" } as const;

function bashScript(): string {
  const withValue = COMMANDS.flatMap(({ name: command, options }) =>
    options.flatMap(({ name, value, ...form }) =>
      value === undefined ? [] : [{ ...form, command, option: `--${name}` }],
    ),
  );
  const values = withValue.flatMap(({ command, option, choices, path }) => {
    const list =
      choices !== undefined ? `-W "${choices.join(" ")}"` : path === undefined ? null : BASH_PATHS[path];
    return list === null
      ? []
      : [`    "${command} ${option}") COMPREPLY=($(compgen ${list} -- "$cur")); return ;;`];
  });
  const cases = COMMANDS.map(({ name, choices, options }) => {
    const offered = [...(choices === "file" ? [] : choices), ...options.map((option) => `--${option.name}`)];
    const files = choices === "file" ? ' COMPREPLY=($(compgen -f -- "$cur"))' : "";
    return `    ${name}) words="${offered.join(" ")}"${files} ;;`;
  });
  const valueOptions = [...new Set(withValue.map(({ option }) => option))].join("|");
  return `# Completion of cce-notifier for bash. Made by: cce-notifier completion bash
_cce_notifier() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word previous=""
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$previous" in ${valueOptions}) previous=""; continue ;; esac
    previous="$word"
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$command $prev" in
${values.join("\n")}
  esac
  case "$prev" in
    ${valueOptions}) return ;;
  esac
  case "$command" in
    "") words="${[...COMMANDS.map(({ name }) => name), "--help", "--version"].join(" ")}" ;;
${cases.join("\n")}
  esac
  COMPREPLY+=($(compgen -W "$words" -- "$cur"))
}
complete -F _cce_notifier cce-notifier
`;
}

/** Returns a text in single quotes of a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The zsh functions that suggest file paths and folder paths. */
const ZSH_PATHS = { file: "_files", folder: "_files -/" } as const;

function zshScript(): string {
  const escapeSpec = (text: string) => text.replace(/[\\:[\]]/g, "\\$&");
  const specOf = ({ name, text, value, isRepeatable, choices, path }: CompletedOption) => {
    const paths = path === undefined ? "" : ZSH_PATHS[path];
    const completes = choices === undefined ? paths : `(${choices.join(" ")})`;
    const argument = value === undefined ? "" : `:${escapeSpec(value)}:${completes}`;
    return quote(
      `${isRepeatable ? "*" : ""}--${name}${value === undefined ? "" : "="}[${escapeSpec(text)}]${argument}`,
    );
  };
  const cases = COMMANDS.map(({ name, choices, options }) => {
    const completes = choices === "file" ? "_files" : `(${choices.join(" ")})`;
    const argument = choices.length === 0 ? "" : ` ${quote(`1:argument:${completes}`)}`;
    return `    ${name}) _arguments -s${argument} ${options.map(specOf).join(" ")} ;;`;
  });
  return `#compdef cce-notifier
# Completion of cce-notifier for zsh. Made by: cce-notifier completion zsh
_cce_notifier() {
  local -a commands=(
${COMMANDS.map(({ name, summary }) => `    ${quote(`${name}:${escapeSpec(summary)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_cce-notifier" ]; then _cce_notifier "$@"; else compdef _cce_notifier cce-notifier; fi
`;
}

function fishScript(): string {
  const commands = COMMANDS.map(
    ({ name, summary }) =>
      `complete -c cce-notifier -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`,
  );
  const details = COMMANDS.flatMap((command) => {
    const condition = `complete -c cce-notifier -n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      ...(command.choices === "file" ? [`${condition} -F`] : []),
      ...(command.choices !== "file" && command.choices.length > 0
        ? [`${condition} -a ${fishQuote(command.choices.join(" "))}`]
        : []),
      ...command.options.map(({ name, text, value, choices, path }) => {
        const needsValue = value === undefined ? "" : path === "file" ? " -r -F" : " -x";
        const folders = path === "folder" ? " -a '(__fish_complete_directories)'" : "";
        const offered = choices === undefined ? folders : ` -a ${fishQuote(choices.join(" "))}`;
        return `${condition} -l ${name}${needsValue}${offered} -d ${fishQuote(text)}`;
      }),
    ];
  });
  return `# Completion of cce-notifier for fish. Made by: cce-notifier completion fish
complete -c cce-notifier -f
${[...commands, ...details].join("\n")}
`;
}

/** Returns a text in single quotes of fish. */
const fishQuote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
