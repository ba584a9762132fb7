import { type ParseArgsConfig, parseArgs, types } from "node:util";

/** The error of a command with wrong arguments. The user sees the message of an `ArgumentError`. */
export class ArgumentError extends Error {
  override readonly name: string = "ArgumentError";
}

/**
 * Calls the Node.js function `parseArgs`, and also refuses empty values and repeated options. An empty value usually
 * comes from an unset variable. For a repeated option, `parseArgs` would silently use the last value.
 * @throws ArgumentError
 */
export function parseStrictArguments<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  const { args, options = {} } = config;
  const parsed = parseOrExplain(config);
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option" || token.value === undefined) continue;
    const { name, rawName } = token;
    if (token.value === "") throw new ArgumentError(`${rawName} needs a value, and the given value is empty`);
    if (given.has(name) && options[name]?.multiple !== true)
      throw new ArgumentError(`${rawName} may be given only once`);
    given.add(name);
  }
  return parsed;
}

function parseOrExplain<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const isParseError =
      types.isNativeError(error) && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    // The Node.js error message also contains advice about arguments that begin with a dash, which is removed here.
    throw isParseError ? new ArgumentError(error.message.replace(/\.\s.*/s, "")) : error;
  }
}
