import { verdictOfNetworkError } from "../../../lib/channels/attempt-verdict.ts";
import type { AttemptVerdict } from "../../../lib/channels/channel.ts";
import { channelOf, type TargetKind } from "../../../lib/channels/registry.ts";
import type { Verdict } from "../../../lib/domain/job.ts";
import { KINDS } from "./samples.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const STATUSES = Array.from({ length: 500 }, (_, i) => i + 100);

const verdictOf = (
  kind: TargetKind,
  status: number,
  body = "",
  headers: Record<string, string> = {},
): AttemptVerdict => channelOf(kind).verdictOf({ status, headers, body }, NOW);

/** The verdict for an answer with an empty body, by HTTP status. A single status overrides the range of the status. */
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

describe("the verdict for an answer", () => {
  it.each(KINDS)("is the verdict in the table for every HTTP status of %s", (kind) => {
    const differing = STATUSES.filter((status) => verdictOf(kind, status).verdict !== expected(kind, status));
    expect(differing).toEqual([]);
  });

  it.each(KINDS)("does not count a 429 of %s as an attempt, and has the wait of the 429", (kind) => {
    const verdict = verdictOf(kind, 429, "", { "retry-after": "17" });
    expect(verdict).toEqual({ verdict: "retry", reason: "throttled", afterSeconds: 17, spent: false });
  });

  it.each(KINDS)("counts every other status of %s as an attempt", (kind) => {
    const others = STATUSES.filter((status) => status !== 429);
    expect(others.filter((status) => !verdictOf(kind, status).spent)).toEqual([]);
  });

  it.each(KINDS)("has the wait that a 503 of %s asks for", (kind) => {
    expect(verdictOf(kind, 503, "", { "retry-after": "40" })).toMatchObject({
      verdict: "retry",
      afterSeconds: 40,
    });
  });

  it.each(KINDS)("is retry for a 500 of %s, although the body reports success", (kind) => {
    expect(verdictOf(kind, 500, '{"errcode":0,"code":0,"ok":true}').verdict).toBe("retry");
  });
});

describe("the verdict for a delivery attempt without an answer", () => {
  it.each([
    ["HPE_INVALID_CONSTANT", "invalid_http"],
    ["HPE_HEADER_OVERFLOW", "invalid_http"],
    ["EPROTO", "tls_refused"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tls_refused"],
  ])("is retry after the network code %s, with the reason %s", (code, reason) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason }),
  );

  it.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "", "NEW"])("is retry after the network code %j", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "connection_failed" }),
  );

  it.each(["ETIMEDOUT", "ERR_SOCKET_CONNECTION_TIMEOUT", "DEADLINE_PASSED"])(
    "has the reason timeout after %s",
    (code) => expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "timeout" }),
  );

  it.each(["ENOTFOUND", "EAI_AGAIN"])("has the reason name_not_found after %s", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "name_not_found" }),
  );

  it.each([
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_TLS_CERT_ALTNAME_FORMAT",
    "CERT_CHAIN_TOO_LONG",
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "CERT_REJECTED",
    "CERT_REVOKED",
    "CERT_SIGNATURE_FAILURE",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ])("rejects a receiver whose certificate is not valid: %s", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "rejected", reason: "certificate_refused" }),
  );

  it.each(["EGRESS_REFUSED", "SSRF_REFUSED"])("rejects an address that must not be called: %s", (code) =>
    expect(verdictOfNetworkError(code).verdict).toBe("rejected"),
  );
});
