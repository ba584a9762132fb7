import type { NotificationClaim, NotificationToClaim } from "../../lib/ledger/notification.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import { allSettled } from "../simulation/scheduler.ts";

/** A request of an invocation to a port. */
export interface PortRequest {
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type PortAnswer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly message: string };

/** Makes one request. The promise settles when the exploration answers the request. */
export type Ask = (port: string, method: string, args: readonly unknown[]) => Promise<unknown>;

/** The code of one invocation. Its behaviour depends only on the answers and on the clock. */
export interface Program {
  /** Programs with the same key have the same behaviour. */
  readonly key: string;
  readonly run: (ask: Ask, now: () => number) => Promise<unknown>;
}

/** The point that an invocation has reached: the code up to the next request to a port, or up to its end. */
export interface Position {
  /** Two invocations at the same position have read the same answers at the same times. */
  readonly id: number;
  /** The next request, or null if the invocation has ended. */
  readonly next: PortRequest | null;
  /** The result of an invocation that has ended. */
  readonly result: PortAnswer | null;
  /** The times of the successful claims of notifications, by `idOfDelivery`. */
  readonly claims: Readonly<Record<string, number>>;
  /** The start of the watch of which the invocation has claimed a poll, or null. */
  readonly watchStartedAt: number | null;
  /** The key of the program that the invocation runs. */
  readonly programKey: string;
  /** The time at which the invocation ran its first code. */
  readonly startedAt: number;
  /** The position before, with the answer that led to this position. Null if the invocation has run no code. */
  readonly before: {
    readonly position: Position;
    readonly answer: PortAnswer | null;
    readonly at: number;
  } | null;
}

interface Step {
  readonly answer: PortAnswer | null;
  readonly at: number;
}

interface Node extends Position {
  readonly program: Program;
  readonly steps: readonly Step[];
  readonly children: Map<string, Node>;
}

export interface Positions {
  /** Returns the position of an invocation that has run no code. */
  start(program: Program): Position;
  /** Returns the next position, after an answer that the invocation received at a time. The first answer is null. */
  advance(from: Position, answer: PortAnswer | null, at: number): Position | Promise<Position>;
}

/**
 * Creates the tree of the positions that invocations reach. The code of an invocation is deterministic, so the program
 * and the answers with their times determine its position exactly. The code runs only once per position: to reach a new
 * position, the code runs again from its start with the known answers.
 *
 * An invocation that makes several requests at once receives the answers in the order of the requests.
 */
export function createPositions(numberOf: (answer: object) => number): Positions {
  const nodes: Node[] = [];
  const starts = new Map<string, Node>();

  function add(node: Omit<Node, "id" | "children">): Node {
    const added = { ...node, id: nodes.length, children: new Map() };
    nodes.push(added);
    return added;
  }

  async function addChild(parent: Node, key: string, answer: PortAnswer | null, at: number): Promise<Node> {
    const steps = [...parent.steps, { answer, at }];
    const reached = await replay(parent.program, steps);
    const { program, programKey } = parent;
    const startedAt = parent.before === null ? at : parent.startedAt;
    const before = { position: parent, answer, at };
    const known = { claims: claimsAfter(parent, answer), watchStartedAt: watchStartedAfter(parent, answer) };
    const node = add({ program, steps, ...reached, ...known, programKey, startedAt, before });
    parent.children.set(key, node);
    return node;
  }

  return {
    start(program) {
      const known = starts.get(program.key);
      if (known !== undefined) return known;
      const nothing = { next: null, result: null, claims: {}, watchStartedAt: null, before: null };
      const node = add({ program, steps: [], ...nothing, startedAt: 0, programKey: program.key });
      starts.set(program.key, node);
      return node;
    },

    advance(from, answer, at) {
      const parent = nodes[from.id];
      if (parent === undefined) throw new Error("The position is not in this tree.");
      const key = `${at} ${answer === null ? "" : numberOf(answer)}`;
      return parent.children.get(key) ?? addChild(parent, key, answer, at);
    },
  };
}

/** Returns an ID of a notification and its redelivery. */
export function idOfDelivery(notificationId: string, redelivery: number): string {
  return `${notificationId} ${redelivery}`;
}

function claimsAfter({ next, claims }: Position, answer: PortAnswer | null): Position["claims"] {
  if (next?.method !== "claimNotification" || answer?.kind !== "value") return claims;
  const [{ key, redelivery, now }] = next.args as [NotificationToClaim];
  const isClaimed = (answer.value as NotificationClaim).kind === "claimed";
  return isClaimed ? { ...claims, [idOfDelivery(idOfNotification(key), redelivery)]: now } : claims;
}

/** Returns the start of the watch of which an invocation has claimed a poll, after an answer, or null. */
export function watchStartedAfter(
  { next, watchStartedAt }: Position,
  answer: PortAnswer | null,
): number | null {
  if (next?.method !== "claimPoll" || answer?.kind !== "value") return watchStartedAt;
  return (answer.value as { watch?: { acceptedAt: number } }).watch?.acceptedAt ?? null;
}

async function replay({ run }: Program, steps: readonly Step[]): Promise<Pick<Position, "next" | "result">> {
  const requests: (PortRequest & { readonly settle: (answer: PortAnswer) => void })[] = [];
  const ask: Ask = (port, method, args) =>
    new Promise((resolve, reject) => {
      const settle = (answer: PortAnswer) =>
        answer.kind === "value" ? resolve(answer.value) : reject(new Error(answer.message));
      requests.push({ port, method, args, settle });
    });
  const [first, ...later] = steps;
  let now = first?.at ?? 0;
  let result: PortAnswer | null = null;
  run(ask, () => now).then(
    (value) => {
      result = { kind: "value", value };
    },
    (error: unknown) => {
      result = {
        kind: "error",
        message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      };
    },
  );
  await allSettled();
  for (const [i, { answer, at }] of later.entries()) {
    now = at;
    if (answer !== null) requests[i]?.settle(answer);
    await allSettled();
  }
  const next = requests[later.length] ?? null;
  if (next !== null) return { next, result: null };
  if (result === null) throw new Error("An invocation waits for something that is not a request to a port.");
  return { next, result };
}
