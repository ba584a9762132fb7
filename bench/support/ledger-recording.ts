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
 * Records the replies of an embedded DynamoDB once, and then replays the replies. A replayed reply costs almost no
 * time, so the measurement does not include the time of the server. The operation and the item of a request determine
 * its reply. Equal requests get their replies in the recorded order.
 */
export class LedgerRecording {
  readonly #replies = new Map<string, Reply[]>();
  readonly #positions = new Map<string, number>();
  /** The requests that have no recorded reply. A measurement with a missing reply is not valid. */
  readonly missed = new Set<string>();

  /** @param isWanted chooses the requests whose replies are recorded. All other requests are only forwarded. */
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

/** Returns the kind of a request. Requests of one kind differ only in the partition key and in the values. */
export function readRequestKind({ operation, body }: WireRequest): string {
  const { Key, Item, UpdateExpression, ConditionExpression, IndexName } = Request.parse(JSON.parse(body));
  return [operation, (Key ?? Item)?.sk.S, UpdateExpression, ConditionExpression, IndexName].join(" | ");
}

/** Returns a function that forwards the ledger's requests to the embedded DynamoDB at `origin`. */
export function createServerForwarder(origin: string): LedgerReplies {
  return async ({ headers, body }) => {
    const { "content-length": _, host, connection, ...rest } = headers;
    const answer = await fetch(origin, { method: "POST", headers: rest, body });
    return { status: answer.status, body: await answer.text() };
  };
}
