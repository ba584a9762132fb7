import { readDigest, removeRunningMember } from "../../lib/ledger/dynamo/digest.ts";
import { addDuration, readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { endWatch } from "../../lib/ledger/dynamo/end.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { readOutcome, saveOutcomeOnce } from "../../lib/ledger/dynamo/outcome.ts";
import { claimPoll, recordPoll } from "../../lib/ledger/dynamo/poll.ts";
import { readWatch } from "../../lib/ledger/dynamo/read.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { reserveRequestTime } from "../../lib/ledger/dynamo/target.ts";

/** What looking at jobs and concluding watches needs of the ledger. */
export const pollLedger = (table: LedgerTable) =>
  onTable(table, {
    claimPoll,
    recordPoll,
    readWatch,
    saveOutcomeOnce,
    readOutcome,
    endWatch,
    removeRunningMember,
    readDigest,
    addDuration,
    readDurations,
    reserveRequestTime,
  });
