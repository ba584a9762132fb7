import { createMutex } from "./mutex.ts";
import { type Exchanged, type ExchangeRequest, exchange } from "./text-exchange.ts";

/** Up to this size, 500 subjobs and more, the replies to ten polls are read side by side. */
const SMALL_BYTES = 256 * 1024;
/** As documented, a subjob takes 440 to 480 bytes: 20,000 take 9 to 10 MB. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/** URLs known to have a larger reply than a small one. */
const MOST_LARGE = 1000;

type Asked = Omit<ExchangeRequest, "deadlineMs" | "maxBytes">;

/**
 * An exchange for a reply of any size, of which `read` makes what is wanted. A reply that turns out to be large is asked
 * for once more, alone: large ones are read one at a time, since to read one takes several times its size in memory.
 * `endsAt` is an instant of the monotonic clock, the wait for other large replies included.
 */
export type SizedExchange = <T>(asked: Asked, endsAt: number, read: (result: Exchanged) => T) => Promise<T>;

export function createSizedExchange(monotonic: () => number): SizedExchange {
  const alone = createMutex();
  const large = new Set<string>();
  return async (asked, endsAt, read) => {
    const ask = (maxBytes: number) => exchange({ ...asked, maxBytes, deadlineMs: endsAt - monotonic() });
    const { href } = asked.url;
    if (!large.has(href)) {
      const result = await ask(SMALL_BYTES);
      // A long answer other than 200 is some gateway's page: its beginning says all.
      if (result.kind === "failed" || !result.cut || result.status !== 200) return read(result);
      if (large.size === MOST_LARGE) large.clear();
      large.add(href);
    }
    return alone(async () => read(await ask(MAX_BODY_BYTES)));
  };
}
