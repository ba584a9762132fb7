import type { ParseArgsConfig, parseArgs } from "node:util";
import { ignoreClosedOutputs } from "../../client/process-environment.ts";
import { unsetVariableThatDisablesCertificateChecks } from "../../lib/http/connections.ts";
import { ArgumentError, parseStrictArguments } from "../../server/parse-strict-arguments.ts";

/** The error of a command with wrong arguments. The message of a `UsageError` is printed above the command's usage. */
export class UsageError extends ArgumentError {
  override readonly name = "UsageError";
}

/**
 * The error of a command that refuses to continue, for example because the config is invalid. The command prints the
 * error message without a stack trace.
 */
export class RefusedError extends Error {
  override name = "RefusedError";
}

const HELP = { help: { type: "boolean", short: "h", default: false } } as const;

type Options<T extends ParseArgsConfig> = T & { readonly options: T["options"] & typeof HELP };
export type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<Options<T>>>;

/**
 * Runs a command of this repository, and sets the exit status of the process. The number that `main` returns is the
 * exit status. Wrong arguments result in the exit status 2. If a command fails for any other reason, its exit status is
 * 1. If a command fails, its error is printed without a stack trace. All requests of the command check certificates.
 */
export async function runCommand<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
  main: (parsed: Parsed<T>) => Promise<number>,
): Promise<void> {
  unsetVariableThatDisablesCertificateChecks(process.env);
  ignoreClosedOutputs();
  try {
    const parsed = parseProcessArguments(config);
    if (parsed === "help") process.stdout.write(usage);
    else process.exitCode = await main(parsed);
  } catch (error) {
    const usageMessage = describeWrongUse(error);
    process.stderr.write(usageMessage === null ? `${describeError(error)}\n` : `${usageMessage}\n\n${usage}`);
    process.exitCode = usageMessage === null ? 1 : 2;
  }
}

/**
 * Reads the command-line arguments of this process. Returns "help" if one of the arguments is `--help`.
 * @throws an error about the wrong arguments of a command, which `describeWrongUse` can describe
 */
export function parseProcessArguments<const T extends ParseArgsConfig>(config: T): Parsed<T> | "help" {
  const parsed = parseStrictArguments<Options<T>>({
    ...config,
    args: process.argv.slice(2),
    options: { ...config.options, ...HELP },
  });
  return (parsed.values as { readonly help?: boolean }).help === true ? "help" : parsed;
}

/** Returns the error message for wrong arguments of a command, or null for all other errors. */
export function describeWrongUse(error: unknown): string | null {
  return error instanceof ArgumentError ? error.message : null;
}

/** The names of errors for which the command prints the message without a stack trace. */
const COMPLETE_ERRORS: ReadonlySet<string> = new Set([
  "RefusedError",
  "StageFileError",
  "ConfigFileInvalidError",
  "DataUnusableError",
  "ExportUnusableError",
]);

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (COMPLETE_ERRORS.has(error.name)) return error.message;
  const remedy = findAwsRemedy(error);
  return `${error.name}: ${error.message}${remedy === null ? "" : `\n${remedy}`}`;
}

/** The names of AWS errors about missing, expired or wrong credentials. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
]);

/**
 * If the error is about missing, expired or wrong AWS credentials, returns a sentence that says what to do. Returns
 * null for any other error.
 */
export function findCredentialsRemedy(error: unknown): string | null {
  return error instanceof Error && CREDENTIAL_ERRORS.has(error.name) ? findAwsRemedy(error) : null;
}

const NOT_DEPLOYED = "Check that the stage is deployed in this region.";
const UNKNOWN_CREDENTIALS =
  "AWS does not know these credentials. Check that they are complete and belong to the stage's account.";
const EXPIRED = "The credentials have expired. Sign in to AWS again.";
const DENIED = "The credentials lack a permission. docs/deploy.md lists the permissions of an operator.";
const UNREACHABLE = "AWS is unreachable under this name. Check the spelling of the region, and the network.";

/**
 * A map from the name of an AWS error or the error code of Node.js to a sentence that says what to do.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Test them with: aws sts get-caller-identity",
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  InvalidClientTokenId: UNKNOWN_CREDENTIALS,
  UnrecognizedClientException: UNKNOWN_CREDENTIALS,
  InvalidSignatureException: UNKNOWN_CREDENTIALS,
  SignatureDoesNotMatch: UNKNOWN_CREDENTIALS,
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  QueueDoesNotExist: NOT_DEPLOYED,
  ResourceNotFoundException: NOT_DEPLOYED,
  ENOTFOUND: UNREACHABLE,
  ECONNREFUSED: UNREACHABLE,
};

/** Returns a sentence about what to do after an error of AWS or the AWS SDK, or null for an unknown error. */
export function findAwsRemedy(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // CloudFormation has no error name for an unknown stack, so the function checks the error message.
  if (error.name === "ValidationError" && error.message.includes("does not exist")) return NOT_DEPLOYED;
  const code = "code" in error ? String(error.code) : "";
  return REMEDIES[error.name] ?? REMEDIES[code] ?? null;
}
