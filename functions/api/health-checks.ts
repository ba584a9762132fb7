import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";
import type { HealthChecks } from "./health.ts";

/** No target has such a name: reading it only shows that the ledger answers. */
const NOBODY = ":health";

/** One cheap question to each of what the service stands on. */
export function healthChecks(what: {
  readonly checkConfig: () => Promise<void>;
  readonly ledger: Pick<TargetLedger, "readTarget">;
  readonly sqs: SQSClient;
  readonly queueUrls: readonly string[];
}): HealthChecks {
  return {
    config: what.checkConfig,
    ledger: () => what.ledger.readTarget(NOBODY),
    queue: () =>
      Promise.all(
        what.queueUrls.map((QueueUrl) =>
          what.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] })),
        ),
      ),
  };
}
