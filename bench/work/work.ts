import type { Packaged } from "../support/package.ts";
import type { Target } from "../support/verdict.ts";
import { type Compared, compareWithFloor, type Effort } from "./compare.ts";
import type { Scenes } from "./scenes.ts";
import type { World } from "./world.ts";

/** Accepting jobs: the figure is for 100 in one call, the table for other sizes. */
export interface Accept extends Compared {
  readonly table: readonly (Compared & { readonly jobs: number })[];
}
export interface Work {
  readonly poll: Compared;
  readonly notification: Compared;
  readonly accept: Accept;
}

/** CPU per poll, per notification and per accepted job, through the packaged functions and beside their floors. */
export async function measureWork(
  scenes: Scenes,
  effort: Effort,
  world: World,
  packaged: Packaged,
): Promise<Work> {
  const poll = await compareWithFloor(scenes.poll, effort, world, packaged);
  const notification = await compareWithFloor(scenes.notification, effort, world, packaged);
  const table: (Compared & { jobs: number })[] = [];
  for (const scene of scenes.accepts)
    table.push({ jobs: scene.records, ...(await compareWithFloor(scene, effort, world, packaged)) });
  const largest = table.at(-1);
  if (largest === undefined) throw new Error("nothing was accepted");
  const { jobs: _, ...figure } = largest;
  return { poll, notification, accept: { ...figure, table } };
}

/** @param records the polls of one batch. */
export function workTargets({ poll, notification, accept }: Work, records: number): readonly Target[] {
  const jobs = accept.table.at(-1)?.jobs ?? 0;
  const ratio = (what: string, { ratio: value }: Compared): Target => ({
    what,
    value,
    target: 1.3,
    unit: " ×",
    isRatio: true,
  });
  const count = (what: string, value: number, target: number): Target => ({
    what,
    value,
    target,
    unit: "",
    isRatio: false,
  });
  return [
    ratio("CPU of a poll against its floor", poll),
    count("SQS requests per poll", asked(poll, "queue") / records, 0.2),
    count("ledger writes per poll", asked(poll, "ledger") / records, 2),
    count("CCE requests per poll", asked(poll, "cce") / records, 1),
    ratio("CPU of a notification against its floor", notification),
    ratio(`CPU of an accepted job, ${jobs} in a call, against its floor`, accept),
    count(`SendMessageBatch calls for ${jobs} jobs`, asked(accept, "queue"), jobs / 10),
    count(`ledger requests for ${jobs} jobs`, asked(accept, "ledger"), jobs),
  ];
}

function asked({ requests }: Compared, service: string): number {
  return Object.entries(requests)
    .filter(([id]) => id.startsWith(`${service} `))
    .reduce((sum, [, count]) => sum + count, 0);
}
