import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { SubmissionResult } from "../../lib/api/submission-result.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { type Surroundings, startApi, startEnqueue } from "./service.ts";
import { TOKEN } from "./setup.ts";
import type { Actor } from "./world.ts";

const LIMIT_MS = 29_000;

/** What the API has confirmed to its callers. */
export interface Confirmed {
  /** Of each watch, the targets that were promised to be told. */
  readonly targets: Map<string, Set<string>>;
}

/** A pipeline hands its jobs over, and asks again until every one is confirmed, or until it has lost patience. */
export function post(
  around: Surroundings,
  asked: ResolvedSubmission,
  confirmed: Confirmed,
  patience: number,
): void {
  const { world } = around;
  invoke(
    around,
    "enqueue",
    async (actor) => {
      const response = await startEnqueue(around, actor)(
        {
          method: "POST",
          path: "/v1/jobs",
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
          body: JSON.stringify({
            project: asked.project,
            jobIds: asked.jobIds,
            notify: asked.targets,
            deadlineMinutes: asked.deadlineMinutes,
            digest: asked.digest,
          }),
          requestId: actor.name,
        },
        { requestId: actor.name, remainingMs: () => actor.deadlineAt - world.now() },
        () => {},
      );
      if (response.status !== 202) {
        world.note(actor, `answers ${response.status}`);
        if (response.status !== 503) throw new Error(`unexpected answer: ${response.body}`);
        return false;
      }
      const { jobs } = SubmissionResult.parse(JSON.parse(response.body ?? ""));
      for (const { jobId, status } of jobs) {
        world.note(actor, `${jobId}: ${status}`);
        if (status !== "rejected") confirm(confirmed, { project: asked.project, jobId }, asked.targets);
      }
      return jobs.every(({ status }) => status !== "rejected");
    },
    () => {
      if (patience > 0) post(around, asked, confirmed, patience - 1);
    },
  );
}

function confirm({ targets }: Confirmed, { project, jobId }: WatchKey, names: readonly string[]): void {
  const id = `${project}#${jobId}`;
  targets.set(id, new Set([...(targets.get(id) ?? []), ...names]));
}

/** Somebody stops a watch, and asks again until that is confirmed. */
export function stop(around: Surroundings, key: WatchKey): void {
  const { world } = around;
  invoke(
    around,
    "status",
    async (actor) => {
      const response = await startApi(around, actor)(
        {
          method: "DELETE",
          path: `/v1/jobs/${key.project}/${key.jobId}`,
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${TOKEN}` },
          body: "",
          requestId: actor.name,
        },
        { requestId: actor.name, remainingMs: () => actor.deadlineAt - world.now() },
        () => {},
      );
      if (response.status === 503) return false;
      if (response.status !== 204) throw new Error(`unexpected answer: ${response.body}`);
      world.note(actor, `${key.jobId}: asked to stop`);
      return true;
    },
    () => stop(around, key),
  );
}

/** One call of the API: done, or to be asked again when it failed, or was not answered in time. */
function invoke(
  { world }: Surroundings,
  name: string,
  run: (actor: Actor) => Promise<boolean>,
  again: () => void,
): void {
  const actor = world.actor(name, LIMIT_MS);
  let over = false;
  const end = (done: boolean): void => {
    if (over) return;
    over = true;
    if (!done) world.agenda.after(world.chance.between(1_000, 30_000), again);
  };
  run(actor).then(end, () => end(false));
  world.agenda.at(actor.deadlineAt, () => {
    if (over) return;
    if (actor.frozenUntil <= world.now()) actor.alive = false;
    end(false);
  });
}
