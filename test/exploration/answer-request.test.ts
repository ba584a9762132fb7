import { createPendingDeliveryRecord, type NotificationKey } from "../../lib/ledger/notification.ts";
import { T0 } from "../simulation/draw-inputs.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import { NO_PLANT } from "../simulation/plant.ts";
import { type AnswerRules, answerRequest } from "./answer-request.ts";
import { checkSystem } from "./check-system.ts";
import { createPositions } from "./positions.ts";
import { createSystem, type System } from "./system.ts";

const KEY: NotificationKey = {
  project: "prod",
  jobId: "job-1",
  generation: 0,
  event: "job.succeeded",
  target: "ops",
};

function withDelivery(redelivery: number): System {
  const system = createSystem(T0);
  const delivery = { ...createPendingDeliveryRecord("ops"), state: "delivered", redelivery } as const;
  const row = { delivery, owner: null, leaseUntil: null };
  return { ...system, ledger: { ...system.ledger, notifications: { [idOfNotification(KEY)]: row } } };
}

describe("the exploration reports", () => {
  it("a post with another webhook ID than an earlier post of the notification", async () => {
    const rules: AnswerRules = { plant: NO_PLANT, webhookIds: new Map() };
    const position = createPositions(() => 0).start({ key: "", run: async () => null });
    const faultsOf = async (webhookId: string): Promise<readonly string[] | undefined> => {
      const content = { kind: "outcome", summary: { context: {} } };
      const args = [{ key: KEY, redelivery: 0, webhookId, content }];
      const request = { port: "receiver", method: "deliver", args };
      return (await answerRequest(createSystem(T0), request, position, rules)).faults;
    };
    expect(await faultsOf("msg_1")).toEqual([]);
    expect(await faultsOf("msg_1")).toEqual([]);
    expect(await faultsOf("msg_2")).toEqual(["prod#job-1#ops#0#job.succeeded has two webhook IDs"]);
  });

  it("a delivery in the ledger without a post of the same redelivery", () => {
    const system = withDelivery(1);
    const unsent = "prod#job-1#ops#0#job.succeeded is delivered in the ledger, but it was never sent";
    const post = {
      notificationId: idOfNotification(KEY),
      webhookId: "msg_1",
      actor: null,
      at: T0,
      claimedAt: T0,
      answerReceived: true,
    };
    expect(checkSystem(system, false)).toContain(unsent);
    expect(checkSystem({ ...system, posts: [{ ...post, redelivery: 0 }] }, false)).toContain(unsent);
    expect(checkSystem({ ...system, posts: [{ ...post, redelivery: 1 }] }, false)).not.toContain(unsent);
  });
});
