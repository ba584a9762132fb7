/** Returns the Lambda event for a batch of SQS messages with the given bodies. */
export function createQueueEvent(bodies: readonly string[]): object {
  return {
    Records: bodies.map((body, at) => ({
      messageId: `message-${at}`,
      receiptHandle: `handle-${at}`,
      body,
      attributes: { ApproximateReceiveCount: "1" },
      messageAttributes: {},
      eventSource: "aws:sqs",
    })),
  };
}

/**
 * Returns the Lambda event for an HTTP request, in payload format 2.0. The Lambda event contains only the fields that
 * the functions read.
 */
export function createHttpEvent(request: {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: string;
}): object {
  const { method, path, token, body } = request;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    requestContext: {
      requestId: "bench-request",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "bench" },
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
}
