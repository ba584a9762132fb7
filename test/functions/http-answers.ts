import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { MemoryQueue } from "../simulation/memory-queue.ts";

/** The body of a response, with the fields that tests read. */
interface Answer {
  readonly [field: string]: unknown;
  readonly jobs: Record<string, unknown>[];
  readonly errors: { readonly pointer?: string; readonly parameter?: string; readonly detail: string }[];
}

/** Parses the body of a response. */
export function json(response: ApiResponse): Answer {
  return JSON.parse(response.body ?? "null");
}

/** Parses the messages in a queue, and adds their delay. */
export function messages(queue: MemoryQueue): Record<string, unknown>[] {
  return queue.state.messages.map(({ body, sentAt, visibleAt }) => ({
    ...JSON.parse(body),
    delaySeconds: (visibleAt - sentAt) / 1000,
  }));
}
