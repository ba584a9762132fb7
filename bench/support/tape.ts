import * as z from "zod";
import type { Heard, LedgerAnswers } from "./wire.ts";

interface Answer {
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
 * A tape of a ledger's answers: recorded once from an embedded server, then played, so that what is measured is
 * the function and not the server. Requests are told apart by their item and by what they do to it, not by the
 * values; answers to equal ones are played in turn.
 */
export class Tape {
  readonly #answers = new Map<string, Answer[]>();
  readonly #at = new Map<string, number>();
  /** Requests that nothing was recorded for: what was measured then is not what was meant. */
  readonly missed = new Set<string>();

  /** @param wanted which requests are kept; all others are only passed on. */
  recording(server: LedgerAnswers, wanted: (heard: Heard) => boolean = () => true): LedgerAnswers {
    return async (heard) => {
      const answer = await server(heard);
      if (!wanted(heard)) return answer;
      const kind = `${itemOf(heard)} ${kindOf(heard)}`;
      this.#answers.set(kind, [...(this.#answers.get(kind) ?? []), answer]);
      return answer;
    };
  }

  readonly play: LedgerAnswers = async (heard) => {
    const kind = `${itemOf(heard)} ${kindOf(heard)}`;
    const answers = this.#answers.get(kind) ?? [];
    if (answers.length === 0) this.missed.add(kind);
    const at = this.#at.get(kind) ?? 0;
    this.#at.set(kind, at + 1);
    return answers[at % answers.length] ?? { status: 500, body: "{}" };
  };
}

function itemOf({ body }: Heard): string {
  const { Key, Item } = Request.parse(JSON.parse(body));
  return (Key ?? Item)?.pk.S ?? "";
}

/** What a request does, whatever item it does it to. */
export function kindOf({ operation, body }: Heard): string {
  const { Key, Item, UpdateExpression, ConditionExpression, IndexName } = Request.parse(JSON.parse(body));
  return [operation, (Key ?? Item)?.sk.S, UpdateExpression, ConditionExpression, IndexName].join(" | ");
}

/** Answers the ledger's requests by an embedded DynamoDB at `origin`. */
export function askServer(origin: string): LedgerAnswers {
  return async ({ headers, body }) => {
    const { "content-length": _, host, connection, ...rest } = headers;
    const answer = await fetch(origin, { method: "POST", headers: rest, body });
    return { status: answer.status, body: await answer.text() };
  };
}
