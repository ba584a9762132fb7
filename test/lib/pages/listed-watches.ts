import type { ListedWatch } from "../../../lib/pages/list-page.ts";
import { NOW } from "./sample-parts.ts";

const MINUTE = 60_000;

export function listed(part: Partial<ListedWatch> = {}): ListedWatch {
  return {
    jobId: "b7c64d1e-1df2-11f1-9e0a-0255ac100b19",
    state: "succeeded",
    jobType: "CreateCluster",
    resourceName: "checkout-prod",
    phase: null,
    acceptedAt: NOW - 12 * MINUTE,
    concludedAt: NOW - 4 * MINUTE,
    accessError: null,
    lastPollError: null,
    ready: null,
    cause: null,
    durationSeconds: null,
    url: "/jobs/prod/b7c64d1e?key=k1",
    ...part,
  };
}

/** Returns a list with watches in every state. */
export function listedWatches(): readonly ListedWatch[] {
  const entries: readonly (Partial<ListedWatch> & { minutes: number; took: number | null })[] = [
    {
      minutes: 2,
      took: null,
      state: "watching",
      jobType: "CreateNode",
      resourceName: "pool-a-m9d4q",
      phase: "Running",
    },
    { minutes: 6, took: 3, jobType: "DeleteNode", resourceName: "pool-a-k1" },
    { minutes: 9, took: null, state: "watching", phase: "Running" },
    {
      minutes: 14,
      took: 9,
      state: "failed",
      jobType: "CreateNodePool",
      resourceName: "batch-spot",
      cause: "30 of 30 nodes failed: Ecs.0319: the flavor s3.large.2 is sold out in eu-de-01",
      durationSeconds: 512,
      pipeline: "deploy-batch",
      actor: "anna",
    },
    {
      minutes: 31,
      took: null,
      state: "watching",
      jobType: "ScaleupCluster",
      resourceName: "search-prod",
      accessError: { kind: "forbidden", since: NOW - 5 * MINUTE },
    },
    { minutes: 33, took: null, state: "watching", jobType: null, resourceName: null },
    { minutes: 44, took: 8, jobType: "CreateCluster", resourceName: "search-stage" },
    { minutes: 140, took: 120, state: "timed_out", jobType: "UpgradeCluster", resourceName: "billing-prod" },
    { minutes: 190, took: 12, state: "lost", jobType: null, resourceName: null },
    { minutes: 250, took: 5, state: "stopped", jobType: "CreateNode", resourceName: "pool-c-7f" },
    { minutes: 320, took: 2, jobType: "DeleteCluster", resourceName: "review-4711" },
  ];
  return entries.map(({ minutes, took, ...part }, index) =>
    listed({
      jobId: `${String(index).padStart(2, "0")}c64d1e-1df2-11f1-9e0a-0255ac100b19`,
      acceptedAt: NOW - minutes * MINUTE,
      concludedAt: took === null ? null : NOW - (minutes - took) * MINUTE,
      url: `/jobs/prod/${index}?key=k${index}`,
      ...part,
    }),
  );
}
