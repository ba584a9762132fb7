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
 * Records the replies of an embedded server once and then replays them, so that the server's time is not measured.
 * A reply is found by the request's item and operation, without values. Equal requests get their replies in order.
 */
export class LedgerRecording {
  readonly #replies = new Map<string, Reply[]>();
  readonly #positions = new Map<string, number>();
  /** Requests without a recorded reply. A measurement with such requests is not valid. */
  readonly missed = new Set<string>();

  /** @param isWanted chooses the requests whose replies are recorded. Other requests are only forwarded. */
  recording(server: LedgerReplies, isWanted: (request: WireRequest) => boolean = () => true): LedgerReplies {
    return async (request) => {
      const answer = await server(request);
      if (!isWanted(request)) return answer;
      const kind = `${itemOf(request)} ${kindOf(request)}`;
      this.#replies.set(kind, [...(this.#replies.get(kind) ?? []), answer]);
      return answer;
    };
  }

  readonly play: LedgerReplies = async (request) => {
    const kind = `${itemOf(request)} ${kindOf(request)}`;
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

/** Returns the operation of a request without its item and values. */
export function kindOf({ operation, body }: WireRequest): string {
  const { Key, Item, UpdateExpression, ConditionExpression, IndexName } = Request.parse(JSON.parse(body));
  return [operation, (Key ?? Item)?.sk.S, UpdateExpression, ConditionExpression, IndexName].join(" | ");
}

/** Forwards the ledger's requests to an embedded DynamoDB. */
export function forwardToServer(origin: string): LedgerReplies {
  return async ({ headers, body }) => {
    const { "content-length": _, host, connection, ...rest } = headers;
    const answer = await fetch(origin, { method: "POST", headers: rest, body });
    return { status: answer.status, body: await answer.text() };
  };
}
