import { finishDigestMember, readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { addDuration, readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { endWatch as end } from "../../lib/ledger/dynamo/end.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { readOutcome, saveOutcome } from "../../lib/ledger/dynamo/outcome.ts";
import { claimPoll, recordPoll } from "../../lib/ledger/dynamo/poll.ts";
import { readWatch as read } from "../../lib/ledger/dynamo/read.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { reserveRateLimit } from "../../lib/ledger/dynamo/target.ts";

/** What looking at jobs and concluding watches needs of the ledger. */
export const pollLedger = (table: LedgerTable) =>
  onTable(table, {
    claimPoll,
    recordPoll,
    read,
    saveOutcome,
    readOutcome,
    end,
    finishDigestMember,
    readDigest,
    addDuration,
    readDurations,
    reserveRateLimit,
  });
