import { type ParseArgsConfig, parseArgs, types } from "node:util";

/** The error for wrong arguments of a command. The message is a sentence for the person who typed the arguments. */
export class ArgumentError extends Error {
  override readonly name: string = "ArgumentError";
}

/**
 * Parses the arguments of a command as the function `parseArgs` of Node.js does. This function also refuses an empty
 * value, which is usually an unset variable of a script, and a repeated option of which `parseArgs` would ignore all
 * values but the last.
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
    // Only the first sentence of the message of Node.js is for the person who typed the arguments. All later sentences
    // are about arguments that begin with a dash.
    throw isParseError ? new ArgumentError(error.message.replace(/\.\s.*/s, "")) : error;
  }
}
