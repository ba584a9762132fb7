import { randomBytes } from "node:crypto";

const TOKEN_BYTES = 6;

/**
 * Creates a random text that a conditional write stores in its item. If the response to a write is lost, the AWS SDK
 * sends the write again. DynamoDB then refuses the second request, because the first one has changed the item. If the
 * item contains the token of the refused write, the first request of the same write was successful.
 */
export function createRequestToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}
