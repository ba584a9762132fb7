import { randomUUID } from "node:crypto";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createSender } from "../../lib/queue/sqs.ts";
import { systemClock as now, systemRandom as random, systemWait as wait } from "../../lib/runtime/clock.ts";
import { tellRedelivered, tellStopped, tellTested, tellUnreachable } from "./api-log.ts";
import { treeTeller } from "./describe-tree.ts";
import { createHealth } from "./health.ts";
import { healthChecks } from "./health-checks.ts";
import type { OperationsPorts } from "./operations.ts";

export interface StatusConnections {
  readonly ledger: OperationsPorts["ledger"] & Pick<Ledger, "readTarget">;
  readonly sqs: SQSClient;
  readonly configs: ConfigSource;
  readonly notifyQueueUrl: string;
  readonly pollQueueUrl: string;
  readonly defaultUrl: string;
}

/** What every request to the status function may use. What few of them need is loaded by the first that does. */
export function statusPorts(to: StatusConnections): Omit<OperationsPorts, "remainingMs"> {
  const { ledger, sqs, configs, defaultUrl } = to;
  const queueUrls = [to.pollQueueUrl, to.notifyQueueUrl];
  const checks = healthChecks({ ledger, sqs, queueUrls, checkConfig: configs.check });
  return {
    ledger,
    notifyQueue: createSender({ client: sqs, url: to.notifyQueueUrl, random }),
    readConfig: (known) =>
      known === undefined ? configs.current() : configs.knowing(known.kind, known.name),
    health: createHealth({ checks, now, wait, onUnreachable: tellUnreachable }),

    deliver: async (delivery) => (await import("../../lib/channels/deliver.ts")).deliver(delivery),
    tell: treeTeller,
    uuid: randomUUID,
    onStopped: tellStopped,
    onTested: tellTested,
    onRedelivered: tellRedelivered,
    now,
    wait,
    defaultUrl,
  };
}
