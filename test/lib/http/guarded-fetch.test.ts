import { openEgress } from "../../../lib/http/egress.ts";
import { EgressRefusedError } from "../../../lib/http/egress-rules.ts";
import { GuardedFetchError, guardedFetch } from "../../../lib/http/guarded-fetch.ts";
import { hangUp } from "./support/hang-up.ts";
import { type Answering, startReceiver } from "./support/receiver.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0)) await opened.close();
});

async function fetchFrom(answer: Answering, options: { deadlineMs?: number; maxBytes?: number } = {}) {
  const receiver = await startReceiver(answer);
  const egress = openEgress(["127.0.0.1"]);
  open.push(receiver, { close: () => hangUp(egress) });
  const document = guardedFetch(`http://127.0.0.1:${receiver.port}/secret-path`, { egress, ...options });
  return { document, receiver };
}

describe("guardedFetch", () => {
  it("returns the status and the text of a document", async () => {
    const { document, receiver } = await fetchFrom((_, reply) => reply.end('{"keys":["é"]}'));
    expect(await document).toEqual({ status: 200, text: '{"keys":["é"]}' });
    expect(receiver.received[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
  });

  it.each([204, 302, 404, 500, 799])("returns the status %i", async (status) => {
    const { document } = await fetchFrom((_, reply) => reply.writeHead(status).end());
    expect((await document).status).toBe(status);
  });

  it("throws an error with the rule and without the address when an address must not be called", async () => {
    const egress = openEgress([]);
    open.push({ close: () => hangUp(egress) });
    await expect(guardedFetch("https://127.0.0.1/secret-path", { egress })).rejects.toThrow(
      EgressRefusedError,
    );
    const refused = guardedFetch("https://keys.internal/secret-path", { egress });
    await expect(refused).rejects.toThrow("egress_private_name");
    await expect(refused).rejects.not.toThrow(/internal|secret-path/);
  });

  it.each<[string, Answering, object, string]>([
    ["that is late", (_, reply) => reply.writeHead(200).write("{"), { deadlineMs: 50 }, "DEADLINE_PASSED"],
    ["that is too long", (_, reply) => reply.end("x".repeat(11)), { maxBytes: 10 }, "ANSWER_TOO_LONG"],
  ])("throws for an answer %s", async (_, answer, options, code) => {
    const { document } = await fetchFrom(answer, options);
    await expect(document).rejects.toEqual(expect.objectContaining({ code }));
    await expect(document).rejects.toThrow(GuardedFetchError);
    await expect(document).rejects.not.toThrow(/127|secret-path/);
  });
});
