import type { OutgoingHttpHeaders } from "node:http";

/** The reply of an AWS server to a call. */
export interface AwsReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Returns a copy of `reply` with the JSON of `output` as its body. */
export function changeReply(reply: AwsReply, output: unknown): AwsReply {
  // The header `x-amz-crc32` is removed, because it is the checksum of the original body.
  const { "x-amz-crc32": _, ...headers } = reply.headers;
  return { status: reply.status, headers, body: Buffer.from(JSON.stringify(output)) };
}
