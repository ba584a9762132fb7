import * as z from "zod/mini";
import { MAX_DEADLINE_MINUTES } from "../config/settings.ts";
import { Context } from "../domain/context.ts";
import { Name } from "../domain/job.ts";

/** One call may hand over so many jobs: ten batches of SQS. */
export const MAX_JOBS = 100;

/** A job ID as asked; whether it is one is checked job by job, so that one bad ID spoils no batch. */
const AskedJobId = z.string("must be a string").register(z.globalRegistry, {
  description:
    "1 to 128 letters, digits, '.', '_', ':' or '-', starting with a letter or digit. One that is not is rejected alone.",
  examples: ["1e50bfbe-5b9e-11ef-8f52-0255ac10003e"],
});

/** Whether it is a URL, and at a host that the operator allows, is checked beside the config. */
export const CallbackUrl = z.string().check(z.minLength(1), z.maxLength(2000));

/** The body of `POST /v1/jobs`. Exactly one of `jobId` and `jobIds` is given. */
export const Submission = z
  .strictObject({
    jobId: z.optional(AskedJobId),
    jobIds: z.optional(
      z
        .array(AskedJobId)
        .check(
          z.minLength(1, "names at least one job"),
          z.maxLength(MAX_JOBS, `names at most ${MAX_JOBS} jobs`),
        ),
    ),
    project: z.optional(Name).register(z.globalRegistry, {
      description: "A configured project; by default the operator's choice.",
    }),
    notify: z
      .optional(z.array(Name).check(z.maxLength(50, "names at most 50 targets")))
      .register(z.globalRegistry, {
        description:
          "Configured targets to tell; order and repetition mean nothing. By default those of the operator's default targets that the caller may use.",
      }),
    callbackUrl: z.optional(CallbackUrl).register(z.globalRegistry, {
      description: "A webhook of the caller's own, at a host that the operator has listed.",
      examples: ["https://hooks.example.com/cce"],
    }),
    deadlineMinutes: z
      .optional(z.number().check(z.positive(), z.maximum(MAX_DEADLINE_MINUTES)))
      .register(z.globalRegistry, { description: "When the watch ends as `timed_out` at the latest." }),
    digest: z.optional(z.boolean()).register(z.globalRegistry, {
      description: "Tell each chat target once, when the last of `jobIds` has ended.",
    }),
    context: z.optional(Context),
  })
  .register(z.globalRegistry, {
    description: "Jobs to watch, by exactly one of `jobId` and `jobIds`.",
    oneOf: [{ required: ["jobId"] }, { required: ["jobIds"] }],
  });
export type Submission = z.infer<typeof Submission>;
