import { attemptDeliveryWithFallback } from "../../../../lib/channels/attempt-delivery.ts";
import { createEgress } from "../../../../lib/http/egress.ts";
import { hangUp } from "../../http/support/hang-up.ts";
import { targetOf } from "./targets.ts";

/** Makes one delivery attempt to a TLS receiver on the given port of this machine, and prints the delivery reason. */
const egress = createEgress(["receiver.test"], {
  lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
});
const { reason } = await attemptDeliveryWithFallback({
  target: targetOf("webhook", `https://receiver.test:${process.argv[2]}/hook`),
  content: { kind: "test", target: "audit", caller: "token:ci", at: 0 },
  webhookId: "msg_1",
  now: 0,
  timeLimitMs: 5000,
  allow: [],
  mask: (text) => text,
  egress,
});
hangUp(egress);
process.stdout.write(reason);
