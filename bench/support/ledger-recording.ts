import * as z from "zod";
import type { LedgerReplies, WireRequest } from "./wire.ts";

interface Reply {
  readonly status: number;
  readonly body: string;
}

const Text = z.looseObject({ S: z.string() });
const Key = z.looseObject({ pk: Text, sk: Text });
const Request = z.looseObject({
  Key: Key.optional(),
  Item: Key.optional(),
  UpdateExpression: z.string().optional(),
  ConditionExpression: z.string().optional(),
  IndexName: z.string().optional(),
});

/**
 * Records the replies of an embedded DynamoDB. During a measurement, the recorded replies replace the database, so that
 * the CPU time of the database is not measured. The function `play` searches for a recorded reply to a request with the
 * same operation and the same item. If one request was recorded several times, `play` returns its replies in the
 * recorded order.
 */
export class LedgerRecording {
  readonly #replies = new Map<string, Reply[]>();
  readonly #positions = new Map<string, number>();
  /**
   * The requests to the ledger for which no reply was recorded. If there is such a request, the measurement is not
   * valid.
   */
  readonly missed = new Set<string>();

  /** @param isWanted returns true for each request whose reply is recorded. */
  recording(server: LedgerReplies, isWanted: (request: WireRequest) => boolean = () => true): LedgerReplies {
    return async (request) => {
      const answer = await server(request);
      if (!isWanted(request)) return answer;
      const kind = `${itemOf(request)} ${readRequestKind(request)}`;
      this.#replies.set(kind, [...(this.#replies.get(kind) ?? []), answer]);
      return answer;
    };
  }

  readonly play: LedgerReplies = async (request) => {
    const kind = `${itemOf(request)} ${readRequestKind(request)}`;
    const answers = this.#replies.get(kind) ?? [];
    if (answers.length === 0) this.missed.add(kind);
    const at = this.#positions.get(kind) ?? 0;
    this.#positions.set(kind, at + 1);
    return answers[at % answers.length] ?? { status: 500, body: "{}" };
  };
}

function itemOf({ body }: WireRequest): string {
  const { Key, Item } = Request.parse(JSON.parse(body));
  return (Key ?? Item)?.pk.S ?? "";
}

/**
 * Returns a text that is equal for similar requests to DynamoDB. Similar requests differ only in their partition key
 * and their values.
 */
export function readRequestKind({ operation, body }: WireRequest): string {
  const { Key, Item, UpdateExpression, ConditionExpression, IndexName } = Request.parse(JSON.parse(body));
  return [operation, (Key ?? Item)?.sk.S, UpdateExpression, ConditionExpression, IndexName].join(" | ");
}

/** Returns a function that forwards requests to the embedded DynamoDB at the URL `origin`. */
export function createServerForwarder(origin: string): LedgerReplies {
  return async ({ headers, body }) => {
    const { "content-length": _, host, connection, ...rest } = headers;
    const answer = await fetch(origin, { method: "POST", headers: rest, body });
    return { status: answer.status, body: await answer.text() };
  };
}
