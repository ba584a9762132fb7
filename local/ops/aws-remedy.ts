const NOT_DEPLOYED = "Is the stage deployed in this region?";
const STRANGERS = "AWS does not know these credentials: are they of the stage's account, and whole?";
const EXPIRED = "The credentials have expired: sign in to AWS again.";
const DENIED = "The credentials may not do this: docs/deploy.md lists what whoever operates a stage needs.";
const UNREACHABLE =
  "AWS is not reached under that name: is the region spelled right, and is there a way out from here?";

/** What to do about an error, by its name, or by Node's code. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; aws sts get-caller-identity answers then.",
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  InvalidClientTokenId: STRANGERS,
  UnrecognizedClientException: STRANGERS,
  InvalidSignatureException: STRANGERS,
  SignatureDoesNotMatch: STRANGERS,
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  QueueDoesNotExist: NOT_DEPLOYED,
  ResourceNotFoundException: NOT_DEPLOYED,
  ENOTFOUND: UNREACHABLE,
  ECONNREFUSED: UNREACHABLE,
};

/** What to do about an error that AWS, or its SDK, answered; null where nobody knows. */
export function awsRemedy(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // CloudFormation has no name of its own for it.
  if (error.name === "ValidationError" && error.message.includes("does not exist")) return NOT_DEPLOYED;
  const code = "code" in error ? String(error.code) : "";
  return REMEDIES[error.name] ?? REMEDIES[code] ?? null;
}
