import type { Submission } from "../lib/api/submission.ts";
import type { Context } from "../lib/domain/context-and-labels.ts";
import type { QueryField } from "./client.ts";
import type { CommandName } from "./command-table.ts";
import type { Shell } from "./completion.ts";
import type { ExitCode } from "./exit-code.ts";

/**
 * A job that an argument of the command names. If the project is undefined, the job belongs to the default project of
 * the service.
 */
export interface NamedJob {
  readonly project: string | undefined;
  readonly jobId: string;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly noColor: boolean;
}

export interface WaitOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
}

/** A command that calls the API. */
export type ServiceCommand = OutputOptions &
  (
    | ({
        readonly kind: "watch";
        /** The file that contains a reply of CCE. `reply` is null if `jobs` names the jobs. */
        readonly reply: string | null;
        readonly jobs: readonly NamedJob[];
        /** The kind and the cluster of an operation, because a reply of CCE may not contain them. */
        readonly named: { readonly operation: string | undefined; readonly clusterId: string | undefined };
        /**
         * The submission without its jobs and without its context. `project` is the project of the reply or of the
         * operation.
         */
        readonly submission: Submission;
        readonly context: Context;
        /** `again` is true if the option `--again` is given, which restarts the watches. */
        readonly again: boolean;
      } & WaitOptions)
    | ({ readonly kind: "status"; readonly jobs: readonly NamedJob[] } & WaitOptions)
    | {
        readonly kind: "list";
        /** The URL parameters of the request for the list of jobs, without `limit`. */
        readonly query: readonly QueryField[];
        readonly limit: number;
      }
    | { readonly kind: "open" | "stop"; readonly jobs: readonly NamedJob[] }
    | {
        readonly kind: "redeliver";
        readonly job: NamedJob;
        /** The targets that get a notification. `targets` is undefined for all targets of the watch. */
        readonly targets: readonly string[] | undefined;
      }
    | {
        /** Sends to a target the notifications that the target has missed since a time. */
        readonly kind: "redeliver_missed";
        readonly target: string;
        readonly since: string;
        readonly dryRun: boolean;
      }
    | { readonly kind: "test"; readonly targets: readonly string[] }
  );

export type CommandOf<Kind extends ServiceCommand["kind"]> = Extract<ServiceCommand, { readonly kind: Kind }>;

export interface CommandResult {
  /** The JSON document that the option `--json` prints. */
  readonly document: object;
  readonly code: ExitCode;
}

export type Command =
  | ServiceCommand
  | { readonly kind: "help"; readonly command: CommandName | null }
  | { readonly kind: "version" }
  | { readonly kind: "completion"; readonly shell: Shell }
  /** `command` is the command whose help the error message mentions. */
  | { readonly kind: "fault"; readonly detail: string; readonly command: CommandName | null };
