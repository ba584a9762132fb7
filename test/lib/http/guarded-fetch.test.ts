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
  const fetch = guardedFetch({ allow: [], egress, ...options });
  const response = fetch(`http://127.0.0.1:${receiver.port}/secret-path`, { headers: { accept: "text/x" } });
  return { response, receiver };
}

describe("guardedFetch", () => {
  it("returns a Response as fetch does", async () => {
    const { response, receiver } = await fetchFrom((_, reply) =>
      reply.writeHead(200, { "content-type": "application/json" }).end('{"keys":[]}'),
    );
    const { status, headers } = await response;
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(await (await response).json()).toEqual({ keys: [] });
    expect(receiver.received[0]?.headers).toMatchObject({ accept: "text/x", "accept-encoding": "identity" });
  });

  it.each([204, 302, 404, 500])("returns the status %i", async (status) => {
    const { response } = await fetchFrom((_, reply) => reply.writeHead(status).end());
    expect((await response).status).toBe(status);
  });

  it("throws the rule, not the address, for an address that must not be called", async () => {
    const fetch = guardedFetch({ allow: [] });
    await expect(fetch("https://127.0.0.1/secret-path")).rejects.toThrow(EgressRefusedError);
    const refused = fetch("https://keys.internal/secret-path");
    await expect(refused).rejects.toThrow("egress_private_name");
    await expect(refused).rejects.not.toThrow(/internal|secret-path/);
  });

  it.each<[string, Answering, object, string]>([
    ["that is late", (_, reply) => reply.writeHead(200).write("{"), { deadlineMs: 50 }, "DEADLINE_PASSED"],
    ["that is too long", (_, reply) => reply.end("x".repeat(11)), { maxBytes: 10 }, "ANSWER_TOO_LONG"],
    ["with an invalid status", (_, reply) => reply.writeHead(799).end(), {}, "STATUS_INVALID"],
  ])("throws for an answer %s", async (_, answer, options, code) => {
    const { response } = await fetchFrom(answer, options);
    await expect(response).rejects.toEqual(expect.objectContaining({ code }));
    await expect(response).rejects.toThrow(GuardedFetchError);
    await expect(response).rejects.not.toThrow(/127|secret-path/);
  });
});
