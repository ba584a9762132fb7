import { createPendingDeliveryRecord } from "../../lib/ledger/notification.ts";
import { NO_PLANT, type Plant } from "../simulation/plant.ts";
import { CALLS, exploreSchedules } from "./explore-schedules.ts";

/** A ledger that lets a message claim a notification that was delivered. */
const CLAIM_DELIVERED: Plant = {
  ...NO_PLANT,
  ledger: (ledger) => ({
    ...ledger,
    async claimNotification(wanted) {
      const claim = await ledger.claimNotification(wanted);
      const record = createPendingDeliveryRecord(wanted.key.target);
      return claim.kind === "stale" ? { kind: "claimed", record } : claim;
    },
  }),
};

it("keeps a message for a delivered notification if a bug sends the notification again", async () => {
  const { violation } = await exploreSchedules({ calls: CALLS.none, plant: CLAIM_DELIVERED, preemptions: 0 });
  expect(violation?.faults.join()).toMatch(/was sent again/);
});
