import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { describeCallers } from "./conformance-callers.ts";
import { describeEndAndStop } from "./conformance-end.ts";
import { describeNotifications } from "./conformance-notification.ts";
import { describeOpen } from "./conformance-open.ts";
import { describePolls } from "./conformance-poll.ts";
import { describeReads } from "./conformance-read.ts";
import { describeShared } from "./conformance-shared.ts";

/** Tests that every driver of the ledger has to pass. */
export function describeLedger(name: string, ledger: () => Ledger): void {
  describe(`the ledger ${name}`, () => {
    describeOpen(ledger);
    describePolls(ledger);
    describeCallers(ledger);
    describeEndAndStop(ledger);
    describeReads(ledger);
    describeNotifications(ledger);
    describeShared(ledger);
  });
}
