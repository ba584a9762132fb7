import {
  COMMAND_TEXTS,
  type CommandName,
  OPERATOR_COMMANDS,
  OPTION_FORMS,
  type OptionForm,
  optionsOf,
  SERVER_COMMANDS,
} from "./command-table.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return SHELLS.some((shell) => shell === name);
}

const COMMAND_NAMES = Object.keys(COMMAND_TEXTS) as CommandName[];

/** All commands with their summaries. */
const SUMMARIES: readonly (readonly [string, string])[] = [
  ...COMMAND_NAMES.map((name) => [name, COMMAND_TEXTS[name].summary] as const),
  ...Object.entries({ ...SERVER_COMMANDS, ...OPERATOR_COMMANDS }),
];

/** The possible arguments of a command that are known without a call to the service. */
const ARGUMENTS: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  completion: SHELLS,
  help: SUMMARIES.map(([name]) => name),
};

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

const OPTIONS = Object.entries<OptionForm>(OPTION_FORMS);
const valueOptions = OPTIONS.filter(([, { value }]) => value !== undefined).map(([name]) => `--${name}`);

function bashScript(): string {
  const choices = OPTIONS.flatMap(([name, { choices: values }]) =>
    values === undefined
      ? []
      : [`    --${name}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$cur")); return ;;`],
  );
  const cases = COMMAND_NAMES.map((name) => {
    const options = optionsOf(name).map(([option]) => `--${option}`);
    return `    ${name}) words="${[...(ARGUMENTS[name] ?? []), ...options].join(" ")}" ;;`;
  });
  return `# Completion of cce-notifier for bash. Made by: cce-notifier completion bash
_cce_notifier() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word previous=""
  COMPREPLY=()
  case "$prev" in
    --reply) COMPREPLY=($(compgen -f -- "$cur")); return ;;
${choices.join("\n")}
    ${valueOptions.join("|")}) return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$previous" in ${valueOptions.join("|")}) previous=""; continue ;; esac
    previous="$word"
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${[...SUMMARIES.map(([name]) => name), "--help", "--version"].join(" ")}" ;;
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _cce_notifier cce-notifier
`;
}

/** Returns a text in single quotes of a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zshScript(): string {
  const escapeSpec = (text: string) => text.replace(/[\\:[\]]/g, "\\$&");
  const specOf = (name: string, { value, isRepeatable, choices }: OptionForm, text: string) => {
    const completes = choices ? `(${choices.join(" ")})` : name === "reply" ? "_files" : "";
    const argument = value === undefined ? "" : `:${escapeSpec(value)}:${completes}`;
    return quote(
      `${isRepeatable ? "*" : ""}--${name}${value === undefined ? "" : "="}[${escapeSpec(text)}]${argument}`,
    );
  };
  const cases = COMMAND_NAMES.map((command) => {
    const specs = optionsOf(command).map(([name, text]) => specOf(name, OPTION_FORMS[name], text));
    const names = ARGUMENTS[command]?.join(" ");
    const argument = names === undefined ? "" : ` ${quote(`1:argument:(${names})`)}`;
    return `    ${command}) _arguments -s${argument} ${specs.join(" ")} ;;`;
  });
  return `#compdef cce-notifier
# Completion of cce-notifier for zsh. Made by: cce-notifier completion zsh
_cce_notifier() {
  local -a commands=(
${SUMMARIES.map(([name, summary]) => `    ${quote(`${name}:${escapeSpec(summary)}`)}`).join("\n")}
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
  const commands = SUMMARIES.map(
    ([name, summary]) =>
      `complete -c cce-notifier -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`,
  );
  const options = COMMAND_NAMES.flatMap((command) => {
    const condition = `complete -c cce-notifier -n '__fish_seen_subcommand_from ${command}'`;
    const values = ARGUMENTS[command];
    return [
      ...(values === undefined ? [] : [`${condition} -a ${fishQuote(values.join(" "))}`]),
      ...optionsOf(command).map(([name, text]) => {
        const { value, choices }: OptionForm = OPTION_FORMS[name];
        const needsValue = value === undefined ? "" : name === "reply" ? " -r -F" : " -x";
        const offered = choices === undefined ? "" : ` -a ${fishQuote(choices.join(" "))}`;
        return `${condition} -l ${name}${needsValue}${offered} -d ${fishQuote(text)}`;
      }),
    ];
  });
  return `# Completion of cce-notifier for fish. Made by: cce-notifier completion fish
complete -c cce-notifier -f
${[...commands, ...options].join("\n")}
`;
}

/** Returns a text in single quotes of fish. */
const fishQuote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
