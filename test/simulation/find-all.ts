import { PLANT_NAMES, plantNamed } from "./plants.ts";
import { simulate } from "./total.ts";

/** Plants each bug in turn; answers the first seed that finds it, null where none does. */
export async function findAll(seeds: number): Promise<{
  readonly allWell: boolean;
  readonly foundBySeed: Readonly<Record<string, number | null>>;
}> {
  const foundBySeed: Record<string, number | null> = {};
  for (const name of PLANT_NAMES) {
    const { failed } = await simulate({ first: 1, seeds }, plantNamed(name) ?? undefined, true);
    foundBySeed[name] = failed?.seed ?? null;
  }
  return { allWell: Object.values(foundBySeed).every((seed) => seed !== null), foundBySeed };
}
