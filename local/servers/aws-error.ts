import type { IncomingMessage } from "node:http";

/**
 * Returns the access key ID from the signature of a request. Returns an empty string if the request has no signature.
 */
export const accessKeyIdOf = ({ headers }: IncomingMessage): string =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";

/** An error response of an AWS service that uses an AWS JSON protocol. */
export class AwsError extends Error {
  override name = "AwsError";
  readonly type: string;
  readonly status: number;
  /**
   * The error code of the older AWS query protocol. SQS sends a new and an old error code, and the AWS SDK shows the
   * old one.
   */
  readonly queryCode: string;

  constructor(type: string, message: string, status = 400, queryCode = type) {
    super(message);
    this.type = type;
    this.status = status;
    this.queryCode = queryCode;
  }

  get headers(): Readonly<Record<string, string>> {
    return {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-errortype": this.type,
      "x-amzn-query-error": `${this.queryCode};Sender`,
    };
  }

  get body(): Buffer {
    return Buffer.from(JSON.stringify({ __type: this.type, message: this.message }));
  }
}

const INVALID_TOKEN = "The security token included in the request is invalid.";

/** Returns the error of an AWS service for credentials that AWS does not know. */
export function createInvalidTokenError(service: "sqs" | "dynamodb" | "ssm"): AwsError {
  return service === "sqs"
    ? new AwsError("InvalidClientTokenId", INVALID_TOKEN, 403)
    : new AwsError("UnrecognizedClientException", INVALID_TOKEN);
}
