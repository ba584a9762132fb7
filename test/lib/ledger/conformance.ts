import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { describeEnds } from "./conformance-end.ts";
import { describeNotifications } from "./conformance-notification.ts";
import { describeOpening } from "./conformance-open.ts";
import { describePolls } from "./conformance-poll.ts";
import { describeReads } from "./conformance-read.ts";
import { describeShared } from "./conformance-shared.ts";

/** What every ledger must do, whichever driver keeps it. `ledger` is asked for once per test. */
export function describeLedger(name: string, ledger: () => Ledger): void {
  describe(`the ledger ${name}`, () => {
    describeOpening(ledger);
    describePolls(ledger);
    describeEnds(ledger);
    describeReads(ledger);
    describeNotifications(ledger);
    describeShared(ledger);
  });
}
