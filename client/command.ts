import type { Submission } from "../lib/api/submission.ts";
import type { Context } from "../lib/domain/context-and-labels.ts";
import type { QueryField } from "./client.ts";
import type { CommandName } from "./command-table.ts";
import type { Shell } from "./completion.ts";
import type { ExitCode } from "./exit-code.ts";

/**
 * A job that the user names in a command-line argument. If the argument contains no project, the service uses its
 * default project.
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
        /** The path of the file with a response of CCE, or null if the arguments contain job IDs. */
        readonly reply: string | null;
        readonly jobs: readonly NamedJob[];
        /**
         * The kind of the operation and the cluster ID, if the user gave them as options. Some responses of CCE do not
         * contain the kind and the cluster ID.
         */
        readonly named: { readonly operation: string | undefined; readonly clusterId: string | undefined };
        /** The fields of the submission, without the job IDs and the context. */
        readonly submission: Submission;
        readonly context: Context;
        /**
         * True if the option `--again` is given. With the option `--again`, the client starts the watches of the jobs
         * again.
         */
        readonly again: boolean;
      } & WaitOptions)
    | ({ readonly kind: "status"; readonly jobs: readonly NamedJob[] } & WaitOptions)
    | {
        readonly kind: "list";
        /** The URL parameters that filter the list of jobs. */
        readonly query: readonly QueryField[];
        readonly limit: number;
      }
    | { readonly kind: "open" | "stop"; readonly jobs: readonly NamedJob[] }
    | {
        readonly kind: "redeliver";
        readonly job: NamedJob;
        /**
         * The names of the targets that the service notifies again. If `targets` is undefined, the service notifies all
         * targets of the watch again.
         */
        readonly targets: readonly string[] | undefined;
      }
    | {
        /** Sends a target the notifications that the target has missed since the time `since`. */
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
  /** An incorrect command line. The error message says how to show the help of `command`. */
  | { readonly kind: "fault"; readonly detail: string; readonly command: CommandName | null };
