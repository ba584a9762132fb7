import { judge } from "../../../lib/channels/judge.ts";
import { Target, type TargetKind } from "../../../lib/channels/targets.ts";
import type { Verdict } from "../../../lib/domain/job.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const KINDS: TargetKind[] = ["slack", "webhook", "feishu", "dingtalk", "wecom", "teams", "discord"];

const answer = (kind: TargetKind, status: number, body = "", headers: Record<string, string> = {}) =>
  judge(kind, { status, headers, body, networkCode: null }, NOW);
const broken = (kind: TargetKind, networkCode: string, status: number | null = null) =>
  judge(kind, { status, headers: {}, body: "", networkCode }, NOW);

/** The table of verdicts for an empty body, by status: ranges first, then single statuses. */
const COMMON: Record<string, Verdict> = {
  "100-199": "retry",
  "200-299": "delivered",
  "300-399": "rejected",
  "400-499": "rejected",
  "500-599": "retry",
  "408": "retry",
  "410": "gone",
  "425": "retry",
  "429": "retry",
};
const TABLE: Record<TargetKind, Record<string, Verdict>> = {
  slack: { ...COMMON, "404": "gone" },
  webhook: { ...COMMON, "400-407": "retry", "409-409": "retry", "411-499": "retry", "501": "rejected" },
  feishu: { ...COMMON, "200-299": "retry" },
  dingtalk: { ...COMMON, "200-299": "retry" },
  wecom: { ...COMMON, "200-299": "retry" },
  teams: { ...COMMON, "401": "gone", "404": "gone" },
  discord: { ...COMMON, "401": "gone", "404": "gone" },
};

function expected(kind: TargetKind, status: number): Verdict | undefined {
  const table = TABLE[kind];
  const ranges = Object.entries(table).filter(([range]) => {
    const [first, last] = range.split("-").map(Number);
    return last !== undefined && first !== undefined && first <= status && status <= last;
  });
  return table[String(status)] ?? ranges.at(-1)?.[1];
}

describe("the verdict on a reply", () => {
  it("knows every kind there is", () => {
    const kinds = Target.def.options.flatMap((option) => option.shape.kind.def.values);
    expect([...kinds].sort()).toEqual([...KINDS].sort());
  });

  it.each(KINDS)("follows the table for every status of %s", (kind) => {
    const statuses = Array.from({ length: 500 }, (_, i) => i + 100);
    const differing = statuses.filter((status) => answer(kind, status).verdict !== expected(kind, status));
    expect(differing).toEqual([]);
  });

  it.each(KINDS)("spends no attempt on a 429 of %s, and waits as long as it says", (kind) => {
    const judged = answer(kind, 429, "", { "retry-after": "17" });
    expect(judged).toEqual({ verdict: "retry", reason: "throttled", afterSeconds: 17, spent: false });
  });

  it.each(KINDS)("spends an attempt on every other status of %s", (kind) => {
    const statuses = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => status !== 429);
    expect(statuses.filter((status) => !answer(kind, status).spent)).toEqual([]);
  });

  it.each(KINDS)("keeps the wait a struggling %s asks for", (kind) => {
    expect(answer(kind, 503, "", { "retry-after": "40" })).toMatchObject({
      verdict: "retry",
      afterSeconds: 40,
    });
  });

  it.each(KINDS)("is not misled by a body that says all is well under a 500 of %s", (kind) => {
    expect(answer(kind, 500, '{"errcode":0,"code":0,"ok":true}').verdict).toBe("retry");
  });

  it.each([
    "ECONNREFUSED",
    "ECONNRESET",
    "EPIPE",
    "HPE_INVALID_CONSTANT",
    "HPE_HEADER_OVERFLOW",
    "EPROTO",
    "",
    "NEW",
  ])("tries again after the network fault %j", (code) =>
    expect(broken("webhook", code)).toMatchObject({ verdict: "retry", reason: "connection_failed" }),
  );

  it.each(["ETIMEDOUT", "ERR_SOCKET_CONNECTION_TIMEOUT", "DEADLINE_PASSED"])(
    "knows %s as a timeout",
    (code) => expect(broken("slack", code)).toMatchObject({ verdict: "retry", reason: "timeout" }),
  );

  it.each(["ENOTFOUND", "EAI_AGAIN"])("knows %s as a name that was not found", (code) =>
    expect(broken("slack", code)).toMatchObject({ verdict: "retry", reason: "name_not_found" }),
  );

  it.each(["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
    "does not talk to a receiver that cannot prove who it is: %s",
    (code) =>
      expect(broken("webhook", code)).toMatchObject({ verdict: "rejected", reason: "certificate_refused" }),
  );

  it.each(["EGRESS_REFUSED", "SSRF_REFUSED"])("never tries a refused address again: %s", (code) =>
    expect(broken("webhook", code).verdict).toBe("rejected"),
  );

  it("does not take a status for a reply when the reply broke off", () => {
    expect(broken("webhook", "ECONNRESET", 200).verdict).toBe("retry");
  });
});
