import type { ConfigEntry } from "../../lib/config/assemble-config.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../../lib/domain/json.ts";
import { splitConfigIntoEntries } from "../stack/config-file.ts";

/**
 * The limits of Parameter Store. The value of a parameter may have 4 KB in the standard tier and 8 KB in the advanced
 * tier.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
const MAX_VALUE_BYTES = 8192;
const MAX_LEVELS = 15;
/**
 * The maximum length of a parameter's ARN. The ARN is a prefix followed by the parameter's name. The prefix contains
 * the name of the AWS region. `ARN_PREFIX_LENGTH` is the length of the prefix for the longest region name.
 */
const MAX_NAME_LENGTH = 1011;
const ARN_PREFIX_LENGTH = "arn:aws-us-gov:ssm:ap-southeast-99:000000000000:parameter".length;

const NAME_CHARACTERS = /^[A-Za-z0-9_.\-/]+$/;
const RESERVED_PREFIX = /^\/?(aws|ssm)/i;

const NESTED_REMEDY =
  "Parameter Store refuses '{{' and would read '{{…}}' as a reference to another parameter. Write '%7B%7B' in a URL, or remove it";

/**
 * Returns all reasons why Parameter Store would refuse an entry of a config. Each text names the field of the config
 * and the necessary change, and does not contain the field's value.
 * @param path the path of the config in Parameter Store, such as `/cce-job-notifier/prod`.
 */
export function findParameterFaults(entries: readonly ConfigEntry[], path: string): readonly string[] {
  return entries.flatMap((entry) => [
    ...nameFaults(entry, path),
    ...sizeFaults(entry),
    ...nestedFaults(formatName(entry.name), parseJsonOrUndefined(entry.value)),
  ]);
}

/**
 * Splits a config document into entries, and returns the errors that `findParameterFaults` finds. A part of the config
 * with a wrong type is ignored, because `parseWholeConfig` reports the type.
 */
export function findDocumentParameterFaults(document: unknown, path: string): readonly string[] {
  const { projects, targets, tokens, oidc, settings } = toObjectOrEmpty(document);
  const parts = {
    projects: toObjectOrEmpty(projects),
    targets: toObjectOrEmpty(targets),
    tokens: toObjectOrEmpty(tokens),
    oidc: Array.isArray(oidc) ? oidc : [],
    settings,
  };
  return findParameterFaults(splitConfigIntoEntries(parts), path);
}

function nameFaults({ name }: ConfigEntry, path: string): readonly string[] {
  const parameter = `${path}/${name}`;
  const levels = parameter.replace(/^\//, "").split("/").length;
  const faults: string[] = [];
  if (!NAME_CHARACTERS.test(parameter))
    faults.push("a name may only contain letters, digits, '_', '.' and '-'. Rename the entry");
  if (RESERVED_PREFIX.test(parameter))
    faults.push("the name of a parameter must not start with 'aws' or 'ssm'. Choose another path");
  if (levels > MAX_LEVELS)
    faults.push(
      `the name has ${levels} levels, and Parameter Store accepts ${MAX_LEVELS}. Remove '/' from it`,
    );
  const length = ARN_PREFIX_LENGTH + parameter.length;
  if (length > MAX_NAME_LENGTH)
    faults.push(
      `the name is too long: with its ARN it has ${length} characters, and Parameter Store accepts ${MAX_NAME_LENGTH}. Shorten it`,
    );
  return faults.map((fault) => `${formatName(name)}: ${fault}`);
}

function sizeFaults({ name, value }: ConfigEntry): readonly string[] {
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_VALUE_BYTES) return [];
  const longest = longestField(formatName(name), parseJsonOrUndefined(value));
  return [
    `${formatName(name)}: too long for Parameter Store: ${bytes} bytes as JSON, and an entry may have ${MAX_VALUE_BYTES}. Shorten its longest field, ${longest.path} (${longest.bytes} bytes)`,
  ];
}

/**
 * Returns the path and the size of the largest field of a JSON value. For an object, the function returns the largest
 * field inside the object.
 */
function longestField(path: string, value: unknown): { readonly path: string; readonly bytes: number } {
  const fields = isJsonObject(value) ? Object.entries(value) : [];
  const [longest] = fields
    .map(([key, field]) => ({ key, field, bytes: jsonBytes(field) }))
    .sort((a, b) => b.bytes - a.bytes);
  return longest === undefined
    ? { path, bytes: jsonBytes(value) }
    : longestField(`${path}.${longest.key}`, longest.field);
}

const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");

/**
 * Returns an error text for each string and each key that contains `{{`. Parameter Store refuses `{{` and accepts `}}`.
 */
function nestedFaults(path: string, value: unknown): readonly string[] {
  if (typeof value === "string") return value.includes("{{") ? [`${path}: ${NESTED_REMEDY}`] : [];
  if (Array.isArray(value)) return value.flatMap((item, i) => nestedFaults(`${path}[${i}]`, item));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => [
    ...(key.includes("{{") ? [`${path}.${key}: ${NESTED_REMEDY}`] : []),
    ...nestedFaults(`${path}.${key}`, field),
  ]);
}

/**
 * Converts the name of a config entry to the notation of error messages: `oidc/0` to `oidc[0]`, and
 * `secret/targets/deploys` to `targets.deploys`.
 */
function formatName(name: string): string {
  if (name === "linkKeys") return "settings.linkKeys";
  return name
    .replace(/^secret\//, "")
    .replace(/^oidc\/(\d+)$/, "oidc[$1]")
    .replaceAll("/", ".");
}
