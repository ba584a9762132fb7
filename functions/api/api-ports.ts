import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/deliver.ts";
import type { Target } from "../../lib/channels/registry.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { AuthenticatePorts } from "../shared/authenticate.ts";

/** All functions and services that the API uses. Each step of a request takes only the ports that it needs. */
export interface ApiPorts extends Omit<AuthenticatePorts, "configs" | "note"> {
  readonly ledger: Pick<
    Ledger,
    | "readWatch"
    | "listRecentWatches"
    | "scheduleSweep"
    | "stopWatch"
    | "startRedelivery"
    | "switchTargetOn"
    | "removeRunningMember"
    | "readDigest"
    | "readDelivery"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly configs: Omit<ConfigSource, "check">;
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  /** Makes the response to `GET /v1/health`. */
  readonly health: () => Promise<ApiResponse>;
  /** The URL of the API. The API uses this URL when the config has no `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  readonly uuid: () => string;
  /** Reports a watch that a request has stopped. The default function writes a log line. */
  readonly onStopped?: (key: WatchKey, caller: string) => void;
  readonly onTested?: (name: string, kind: Target["kind"], result: AttemptResult, caller: string) => void;
  /** Reports the targets to which a notification was queued again. The default function writes a log line. */
  readonly onRedelivered?: (key: WatchKey, targets: readonly string[], caller: string) => void;
}

/** The ports of the API and the ports that belong to one request. */
export interface RequestPorts extends ApiPorts, Pick<AuthenticatePorts, "note"> {
  readonly remainingMs: () => number;
}
