import { readEmittedMetrics } from "./emitted-metrics.ts";
import { FREE_VALUES } from "./free-values.ts";
import { mutantsOf } from "./mutants.ts";
import { compileOwnTemplate, type OwnTemplate, withResources } from "./own-template.ts";
import { findTemplateFaults } from "./template-check.ts";

let own: OwnTemplate;
let emitted: ReadonlySet<string>;
beforeAll(async () => {
  own = await compileOwnTemplate();
  emitted = await readEmittedMetrics();
});

test("no rule finds a fault in the template", () => {
  expect(findTemplateFaults(own, emitted)).toEqual([]);
});

// `npm run mutate:template` tries the changes of all resources.
test.each(["NotifyQueue", "NotifyEventSourceMappingSQSNotifyQueue", "Ledger", "OverdueAlarm"])(
  "a rule finds each change of %s that may not change freely",
  (id) => {
    const changes = [...mutantsOf(own.written)].filter(({ resource }) => resource === id);
    const unknown = changes.filter(({ path, became, resources }) => {
      const line = `${id} ${path}: ${JSON.stringify(became) ?? "undefined"}`;
      const isFree = FREE_VALUES.some(({ pattern }) => pattern.test(line));
      return !isFree && findFaults(resources).length === 0;
    });
    expect(changes.length).toBeGreaterThan(10);
    expect(unknown.map(({ path, became }) => [path, became])).toEqual([]);

    function findFaults(resources: Parameters<typeof withResources>[1]): readonly string[] {
      try {
        return findTemplateFaults({ ...withResources(own, resources), focus: id }, emitted);
      } catch (error) {
        return [String(error)];
      }
    }
  },
);
