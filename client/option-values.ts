import { type ParseArgsConfig, parseArgs } from "node:util";
import { OPTION_FORMS, type OptionForm, type OptionName } from "./command-table.ts";
import { suggestName } from "./suggest-name.ts";

/**
 * Error for a command line with a missing or wrong value. The message of a `UsageError` is a sentence for the user of
 * the command line.
 */
export class UsageError extends Error {
  override name = "UsageError";
}

const PARSE_OPTIONS = Object.fromEntries(
  Object.entries(OPTION_FORMS).map(([name, form]: [string, OptionForm]) => [
    name,
    {
      type: form.value === undefined ? "boolean" : "string",
      ...(name === "help" && { short: "h" }),
    } as const,
  ]),
) satisfies ParseArgsConfig["options"];

/** The parsed options and the other arguments of a command line. */
export class OptionValues {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<OptionName, readonly string[]>;

  /**
   * Separates the options of a command line from its other arguments. Arguments after the argument `--` are never
   * options.
   * @throws UsageError for an unknown option, and for a value that is missing, empty or not allowed. An empty value is
   * refused, because the cause is usually an unset variable in a script.
   */
  constructor(argv: readonly string[]) {
    const { tokens } = parseArgs({ args: [...argv], options: PARSE_OPTIONS, strict: false, tokens: true });
    const values = new Map<OptionName, string[]>();
    const positionals: string[] = [];
    for (const token of tokens) {
      if (token.kind === "positional") positionals.push(token.value);
      if (token.kind !== "option") continue;
      const { name, rawName, value, inlineValue } = token;
      if (!isOptionName(name)) throw new UsageError(unknownOption(rawName));
      const form: OptionForm = OPTION_FORMS[name];
      if (form.value === undefined && value !== undefined) throw new UsageError(`${rawName} takes no value`);
      const isOption = inlineValue === false && value !== undefined && /^-./.test(value);
      if (form.value !== undefined && (value === undefined || isOption))
        throw new UsageError(`${rawName} needs a value: ${rawName} ${form.value}`);
      if (value?.trim() === "")
        throw new UsageError(
          `${rawName} needs a value, and the given value is empty: ${rawName} ${form.value}`,
        );
      const given = values.get(name) ?? [];
      if (given.length > 0 && form.value !== undefined && !form.isRepeatable)
        throw new UsageError(`${rawName} may be given only once`);
      values.set(name, [...given, value ?? ""]);
    }
    this.positionals = positionals;
    this.#values = values;
  }

  names(): readonly OptionName[] {
    return [...this.#values.keys()];
  }

  has(name: OptionName): boolean {
    return this.#values.has(name);
  }

  get(name: OptionName): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** Returns all values of a repeatable option, or undefined if the user did not give the option. */
  all(name: OptionName): readonly string[] | undefined {
    return this.#values.get(name);
  }

  /**
   * Returns all names that the user gave with an option. The user can repeat the option, and one value such as
   * `deploys,audit` can contain several names.
   * @throws UsageError if one of the names is empty.
   */
  list(name: OptionName): string[] | undefined {
    const names = this.all(name)
      ?.flatMap((list) => list.split(","))
      .map((text) => text.trim());
    if (names?.includes("")) throw new UsageError(`--${name} has an empty name in its list`);
    return names;
  }

  /** @throws UsageError if the value is not a number greater than 0. */
  positiveNumber(name: OptionName): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0 || !Number.isFinite(Number(text)))
      throw new UsageError(`--${name} must be a number greater than 0`);
    return Number(text);
  }
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTION_FORMS, name);
}

function unknownOption(rawName: string): string {
  const suggestion = suggestName(rawName.replace(/^-+/, ""), Object.keys(OPTION_FORMS));
  return `unknown option '${rawName}'${suggestion === null ? "" : `. Did you mean --${suggestion}?`}`;
}
