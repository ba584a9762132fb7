import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/deliver.ts";
import type { Target } from "../../lib/channels/registry.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { AuthenticatePorts } from "../shared/authenticate.ts";

/** What the API uses. Each step of an operation takes the ports that it needs. */
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
  /** Answers `GET /v1/health`. */
  readonly health: () => Promise<ApiResponse>;
  /** The API's own URL, for a config without `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  readonly uuid: () => string;
  /** Reports a watch that a request has stopped. By default it is logged, like the other reports. */
  readonly onStopped?: (key: WatchKey, caller: string) => void;
  readonly onTested?: (name: string, kind: Target["kind"], result: AttemptResult, caller: string) => void;
  /** Receives the targets whose notifications were queued again. */
  readonly onRedelivered?: (key: WatchKey, targets: readonly string[], caller: string) => void;
}

/** The ports, with what belongs to one request. */
export interface RequestPorts extends ApiPorts, Pick<AuthenticatePorts, "note"> {
  readonly remainingMs: () => number;
}
