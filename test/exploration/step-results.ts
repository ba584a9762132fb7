import type { KnownInvocation, State } from "./state-parts.ts";

/** Returns true if the last request of an invocation went to a queue. */
export function isSending(invocation: KnownInvocation | null): boolean {
  const port = invocation?.position.next?.port;
  return port !== undefined && !["ledger", "cce", "receiver"].includes(port);
}

/** The known results of the steps from each state. */
export interface Results<T> {
  find(state: State, key: number): T | undefined;
  /** @param isSend the result depends on the messages of the queues, and on which IDs of messages are in use */
  add(state: State, key: number, isSend: boolean, result: T): void;
}

/**
 * Creates the results of steps. A step that sends no message depends only on the core, so its result is known for all
 * states with the same core.
 * @param isReduced false if no result is kept, so that each step is taken in its whole state
 */
export function createResults<T>(isReduced: boolean): Results<T> {
  const byCore: Map<number, T>[] = [];
  const bySend = new Map<string, T>();
  const sendKey = ({ shared, running, seconds }: State, key: number): string =>
    `${shared.id} ${running.messageIds} ${seconds.messageIds} ${key}`;
  const sends = new Set<number>();
  if (!isReduced) return { find: () => undefined, add: () => {} };
  return {
    find(state, key) {
      const known = byCore[state.shared.core.id]?.get(key);
      if (known !== undefined || !sends.has(key)) return known;
      return bySend.get(sendKey(state, key));
    },
    add(state, key, isSend, result) {
      if (isSend) {
        sends.add(key);
        bySend.set(sendKey(state, key), result);
        return;
      }
      byCore[state.shared.core.id] ??= new Map();
      byCore[state.shared.core.id]?.set(key, result);
    },
  };
}
