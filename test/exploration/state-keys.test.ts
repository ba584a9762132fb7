import { NO_PLANT } from "../simulation/plant.ts";
import { CALLS, exploreSchedules } from "./explore-schedules.ts";

describe("states that the exploration takes as one", () => {
  it.each(["none", "stop", "restart", "redelivery"] as const)(
    "have the same later states and violations, with the calls '%s'",
    async (calls) => {
      const afterByState = new Map<string, string>();
      const different: string[] = [];
      let repeated = 0;
      const onVisit = (state: string, after: readonly string[]): void => {
        const text = after.toSorted().join("\n");
        const known = afterByState.get(state);
        if (known === undefined) afterByState.set(state, text);
        else repeated += 1;
        if (known !== undefined && known !== text) different.push(state);
      };
      await exploreSchedules({ calls: CALLS[calls], plant: NO_PLANT, preemptions: 0, onVisit });
      expect(different).toEqual([]);
      expect(repeated).toBeGreaterThan(10);
    },
  );
});
