import { createHash } from "node:crypto";
import { decrypt } from "../../../lib/auth/encryption.ts";
import { json } from "../http-answers.ts";
import { CONFIG, LINKS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

describe("a callbackUrl", () => {
  const body = { jobId: JOB, notify: [], callbackUrl: "https://hooks.example.com/cce?secret=7" };

  test("is stored encrypted, under a name that does not reveal the URL", async () => {
    const api = createHarness();
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: JOB,
      caller: "token:all",
    });
    const [target] = document?.watch.targets ?? [];
    expect(target).toMatch(/^callback:[0-9a-f]{16}$/);
    expect(JSON.stringify(api.ledger.state)).not.toContain("secret=7");
    // The notify function decrypts the URL with the name of the target, so that no URL serves for another target.
    const encrypted = document?.callbacks[target ?? ""] ?? "";
    expect(decrypt(encrypted, LINKS.linkKeys, target ?? "")?.reveal()).toBe(body.callbackUrl);
    expect(decrypt(encrypted, LINKS.linkKeys, "callback:0123456789abcdef")).toBeNull();
  });

  test("has a name that nobody can compute from the URL without the link key", async () => {
    const names = ["first", "second", "first"].map(async (word) => {
      const linkKeys = [createHash("sha256").update(word).digest("hex")];
      const api = createHarness({ config: { ...CONFIG, settings: { ...CONFIG.settings, linkKeys } } });
      await api.ask("POST", "/v1/jobs", { body });
      const document = await api.ledger.readWatchDocumentOrNull({
        project: "prod",
        jobId: JOB,
        caller: "token:all",
      });
      return document?.watch.targets[0];
    });
    const [first, second, again] = await Promise.all(names);
    expect(first).toMatch(/^callback:/);
    expect(first).toBe(again);
    expect(first).not.toBe(second);
  });

  test.each([
    ["no linkKeys", { linkKeys: [] }, "settings.linkKeys"],
    ["no hosts", { callbackHosts: [] }, "no hosts in settings.callbackHosts"],
    ["another host", { callbackHosts: ["other.example.com"] }, "settings.callbackHosts"],
  ])("is refused with %s, and the error names the setting without the URL", async (_, settings, setting) => {
    const api = createHarness({ config: { ...CONFIG, settings: { ...CONFIG.settings, ...settings } } });
    const answer = await api.ask("POST", "/v1/jobs", { body });
    expect(answer.status).toBe(422);
    expect(json(answer).errors).toEqual([
      { pointer: "#/callbackUrl", detail: expect.stringContaining(setting) },
    ]);
    expect(answer.body).not.toContain("secret=7");
  });

  test.each([
    ["over plain http", "http://hooks.example.com/cce?secret=7", "does not use https"],
    [
      "with a password",
      "https://kim:hush@hooks.example.com/cce?secret=7",
      "contains a user name or a password",
    ],
    ["with a fragment", "https://hooks.example.com/cce?secret=7#x", "contains a '#'"],
    ["at another port", "https://hooks.example.com:8443/cce?secret=7", "a port other than 443"],
  ])("is refused %s, and the error explains why without the URL", async (_, callbackUrl, reason) => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { ...body, callbackUrl } });
    expect(answer.status).toBe(422);
    expect(json(answer).errors).toEqual([
      { pointer: "#/callbackUrl", detail: expect.stringContaining(reason) },
    ]);
    expect(answer.body).not.toMatch(/secret=7|hush|hooks\.example|egress_/);
  });
});
