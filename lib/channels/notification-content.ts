import type { Instant } from "../domain/job.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";

/** What a notification reports. Each channel formats it in its own way. */
export type NotificationContent =
  /** A watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** All jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** Another target, named `target`, has been switched off. */
  | { readonly kind: "target_gone"; readonly target: string; readonly since: Instant }
  /** Somebody tests the target named `target`. */
  | { readonly kind: "test"; readonly target: string; readonly at: Instant };
