import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { MemoryQueue } from "../simulation/memory-queue.ts";

/** An answer's body as tests look at it. */
interface Answer {
  readonly [field: string]: unknown;
  readonly jobs: Record<string, unknown>[];
  readonly errors: { readonly pointer?: string; readonly parameter?: string; readonly detail: string }[];
}

/** The body of an answer, parsed. */
export function json(response: ApiResponse): Answer {
  return JSON.parse(response.body ?? "null");
}

/** The messages in a queue, parsed, with their delay. */
export function messages(queue: MemoryQueue): Record<string, unknown>[] {
  return queue.state.messages.map(({ body, sentAt, visibleAt }) => ({
    ...JSON.parse(body),
    delaySeconds: (visibleAt - sentAt) / 1000,
  }));
}
