import { AwsError } from "./aws-error.ts";

/**
 * The largest size in bytes of a parameter's value, for each tier of Parameter Store.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;
const MAX_LEVELS = 15;
/** The maximum length of a parameter's complete ARN, which ends with the parameter's name. */
const MAX_NAME_LENGTH = 1011;

/** The number of requests per second that Parameter Store accepts from one AWS account in one region. */
export const RATES = { read: 40, write: 3 } as const;
const SECOND_MS = 1000;

/** The fields of a PutParameter request for which Parameter Store has limits. */
export interface PutRequest {
  readonly Name: string;
  readonly Value: string;
  readonly Tier: "Standard" | "Advanced" | "Intelligent-Tiering";
}

/**
 * Checks a PutParameter request against the limits of Parameter Store.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 * @param arnPrefix the part of the ARN before the parameter's name
 * @throws AwsError
 */
export function assertValidPutRequest({ Name, Value, Tier }: PutRequest, arnPrefix: string): void {
  if (!/^[A-Za-z0-9_.\-/]+$/.test(Name))
    throw invalid("Parameter name: can only contain a-zA-Z0-9_.-/ and must not be empty.");
  if (/^\/?(aws|ssm)/i.test(Name))
    throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (arnPrefix.length + Name.length > MAX_NAME_LENGTH) throw invalid("Parameter name: is too long.");
  if (Name.replace(/^\//, "").split("/").length > MAX_LEVELS)
    throw new AwsError("HierarchyLevelLimitExceededException", "A hierarchy can have at most 15 levels.");
  if (/\{\{.*\}\}/s.test(Value))
    throw invalid('Parameter value: can\'t nest another parameter. Do not use "{{}}" in the value.');
  const limit = Tier === "Standard" ? STANDARD_BYTES : ADVANCED_BYTES;
  if (Buffer.byteLength(Value) > limit)
    throw invalid(`${Tier} tier parameters support a maximum parameter value of ${limit} characters.`);
}

const invalid = (message: string) => new AwsError("ValidationException", message);

/**
 * Returns a function that is called for each request to Parameter Store. The returned function throws a
 * ThrottlingException if more than `perSecond` requests arrive within one second.
 */
export function createRateLimitCheck(perSecond: number, now: () => number): () => void {
  let accepted: readonly number[] = [];
  return () => {
    const at = now();
    accepted = accepted.filter((time) => at - time < SECOND_MS);
    if (accepted.length >= perSecond) throw new AwsError("ThrottlingException", "Rate exceeded");
    accepted = [...accepted, at];
  };
}
