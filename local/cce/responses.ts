import { randomUUID } from "node:crypto";

/**
 * The response of a simulated cloud service. If `body` is a string, it is sent unchanged. If `body` has any other type,
 * it is sent as JSON.
 */
export interface SimulatedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Returns an error response of the cloud's API gateway, which is between the service and CCE. */
export const createGatewayErrorResponse = (
  status: number,
  code: string,
  message: string,
): SimulatedResponse => ({
  status,
  body: { error_msg: message, error_code: code, request_id: randomUUID().replaceAll("-", "") },
});

/** Returns an error response in the format of CCE itself. */
export const createCceErrorResponse = (status: number, code: string, message: string): SimulatedResponse => ({
  status,
  body: { errorCode: code, errorMessage: message },
});

export const UNKNOWN_ROUTE = createGatewayErrorResponse(
  404,
  "APIGW.0101",
  "The API does not exist or has not been published in the environment",
);
export const JOB_NOT_FOUND = createCceErrorResponse(404, "CCE.01404001", "Resource not found.");
export const INVALID_TOKEN = createGatewayErrorResponse(401, "APIGW.0307", "The token must be updated.");
