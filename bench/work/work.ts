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
  readonly look: Compared;
  readonly notice: Compared;
  readonly accept: Accept;
}

/** CPU per look, per notice and per accepted job, through the packaged functions and beside their floors. */
export async function measureWork(
  scenes: Scenes,
  effort: Effort,
  world: World,
  packaged: Packaged,
): Promise<Work> {
  const look = await compareWithFloor(scenes.look, effort, world, packaged);
  const notice = await compareWithFloor(scenes.notice, effort, world, packaged);
  const table: (Compared & { jobs: number })[] = [];
  for (const scene of scenes.accepts)
    table.push({ jobs: scene.records, ...(await compareWithFloor(scene, effort, world, packaged)) });
  const largest = table.at(-1);
  if (largest === undefined) throw new Error("nothing was accepted");
  const { jobs: _, ...figure } = largest;
  return { look, notice, accept: { ...figure, table } };
}

/** @param records the looks of one batch. */
export function workTargets({ look, notice, accept }: Work, records: number): readonly Target[] {
  const jobs = accept.table.at(-1)?.jobs ?? 0;
  const ratio = (what: string, { ratio: value }: Compared): Target => ({
    ...{ what, value, target: 1.3, unit: " ×", isRatio: true },
  });
  const count = (what: string, value: number, target: number): Target => ({
    ...{ what, value, target, unit: "", isRatio: false },
  });
  return [
    ratio("CPU of a look against its floor", look),
    count("SQS requests per look", asked(look, "queue") / records, 0.2),
    count("ledger writes per look", asked(look, "ledger") / records, 2),
    count("CCE requests per look", asked(look, "cce") / records, 1),
    ratio("CPU of a notice against its floor", notice),
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
