import type { AttemptVerdict } from "../../../lib/channels/channel.ts";
import { channelOf, type TargetKind } from "../../../lib/channels/registry.ts";
import { KINDS } from "./samples.ts";

type Row = readonly [status: number, body: string, expected: Partial<AttemptVerdict>];

const delivered = { verdict: "delivered" } as const;
const rejected = (reason: AttemptVerdict["reason"]) => ({ verdict: "rejected", reason }) as const;
const retry = (reason: AttemptVerdict["reason"]) => ({ verdict: "retry", reason, spent: true }) as const;
const throttled = (afterSeconds: number | null) =>
  ({ verdict: "retry", reason: "throttled", spent: false, afterSeconds }) as const;
const gone = { verdict: "gone", reason: "target_gone" } as const;
const disabled = { verdict: "gone", reason: "target_disabled" } as const;
const HTML = "<html><title>Sign in</title></html>";

const rows: Record<TargetKind, readonly Row[]> = {
  slack: [
    [200, "ok", delivered],
    [200, "ok\n", delivered],
    [200, '{"ok":true}', delivered],
    [200, '{"success":true}', delivered],
    [200, "", retry("unreadable_answer")],
    [200, HTML, retry("web_page")],
    [204, "", retry("unreadable_answer")],
    [200, '{"ok":false,"error":"no_service"}', gone],
    [200, '{"ok":false,"error":"rate_limited"}', throttled(60)],
    [400, "ratelimited", throttled(60)],
    [200, "invalid_payload", rejected("payload_refused")],
    [400, "invalid_payload", rejected("payload_refused")],
    [400, "invalid_blocks", rejected("payload_refused")],
    [400, "invalid_blocks_format\n", rejected("payload_refused")],
    [400, "msg_blocks_too_long", rejected("payload_refused")],
    [400, "no_text", rejected("payload_refused")],
    [400, "user_not_found", rejected("access_refused")],
    [400, HTML, retry("web_page")],
    [403, "invalid_token", gone],
    [403, "action_prohibited", gone],
    [403, "team_disabled", gone],
    [403, HTML, retry("web_page")],
    [404, "channel_not_found", gone],
    [404, HTML, retry("web_page")],
    [404, "", retry("unreadable_answer")],
    [404, "no_service, says the proxy", rejected("payload_refused")],
    [410, "channel_is_archived", gone],
    [410, "", retry("unreadable_answer")],
    [413, HTML, retry("payload_refused")],
    [429, "", throttled(60)],
    [429, '{"retry_after":1,"ok":false,"error":"rate_limited"}', throttled(1)],
  ],
  webhook: [
    [202, "<html>", delivered],
    [404, "", retry("client_error")],
    [413, "", retry("payload_refused")],
    [301, "", rejected("redirect_refused")],
    [501, "", rejected("not_implemented")],
    [410, "", gone],
  ],
  feishu: [
    [200, '{"code":0,"msg":"success"}', delivered],
    [200, '{"StatusCode":0,"StatusMessage":"success"}', delivered],
    [200, '\ufeff{"code":0,"msg":"success"}', delivered],
    [200, '{"code":11232,"msg":"frequency limited"}', throttled(null)],
    [400, '{"code":11232,"msg":"frequency limited"}', throttled(null)],
    [400, '{"code":9499,"msg":"too many request","data":{}}', throttled(null)],
    [200, '{"code":9499,"msg":"Too Many Request"}', throttled(null)],
    [500, '{"code":9499,"msg":"too many request"}', throttled(null)],
    [200, '{"StatusCode":9499,"StatusMessage":"too many request"}', throttled(null)],
    [200, '{"code":9499,"StatusMessage":"too many request"}', throttled(null)],
    [200, '{"code":19024,"StatusCode":0,"msg":"Key Words Not Found"}', rejected("keyword_missing")],
    [200, '{"code":9499,"msg":"Bad Request"}', rejected("payload_refused")],
    [400, '{"code":9499}', rejected("payload_refused")],
    [200, '{"code":2200,"msg":"frequency limit"}', throttled(null)],
    [400, '{"code":99991400,"msg":"request trigger frequency limit"}', throttled(null)],
    [200, '{"code":11247,"msg":"request trigger frequency limit"}', throttled(null)],
    [200, '{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}', gone],
    [200, '{"code":19021,"msg":"sign match fail"}', rejected("signature_refused")],
    [200, '{"code":19022,"msg":"Ip Not Allowed"}', rejected("access_refused")],
    [200, '{"code":19024,"msg":"Key Words Not Found"}', rejected("keyword_missing")],
    [200, '{"code":19036,"msg":"content is too long"}', rejected("payload_refused")],
    [200, '{"code":19036,"msg":{"text":7}}', rejected("payload_refused")],
    [200, '{"code":"0"}', retry("unreadable_answer")],
    [200, "<html>", retry("web_page")],
    [400, '{"code":0}', retry("unreadable_answer")],
    [404, HTML, retry("web_page")],
  ],
  dingtalk: [
    [200, '{"errcode":0,"errmsg":"ok"}', delivered],
    [200, '{"errcode":-1,"errmsg":"system busy"}', retry("receiver_busy")],
    [200, '{"errcode":130101,"errmsg":"send too fast"}', throttled(600)],
    [200, '{"errcode":410100,"errmsg":"发送速度太快而限流"}', throttled(600)],
    [200, '{"errcode":310000,"errmsg":"invalid timestamp"}', retry("stale_timestamp")],
    [200, '{"errcode":310000,"errmsg":"description:机器人发送签名过期"}', retry("stale_timestamp")],
    [200, '{"errcode":310000,"errmsg":"sign not match"}', rejected("signature_refused")],
    [200, '{"errcode":310000,"errmsg":"description:机器人发送签名不匹配"}', rejected("signature_refused")],
    [200, '{"errcode":310000,"errmsg":"keywords not in content"}', rejected("keyword_missing")],
    [200, '{"errcode":310000,"errmsg":"description:关键词不匹配"}', rejected("keyword_missing")],
    [200, '{"errcode":310000,"errmsg":"ip 1.2.3.4 not in whitelist"}', rejected("access_refused")],
    [200, '{"errcode":310000}', rejected("access_refused")],
    [200, '{"errcode":430101,"errmsg":"unSafe URL"}', rejected("payload_refused")],
    [200, '{"errcode":300001,"errmsg":"token is not exist"}', gone],
    [200, '{"errcode":300005,"errmsg":"token is not exist"}', gone],
    [200, '{"errcode":40035}', rejected("payload_refused")],
    [200, "", retry("unreadable_answer")],
    [403, HTML, retry("web_page")],
  ],
  wecom: [
    [200, '{"errcode":0,"errmsg":"ok"}', delivered],
    [200, '{"errcode":-1}', retry("receiver_busy")],
    [200, '{"errcode":45009,"errmsg":"api freq out of limit"}', throttled(60)],
    [200, '{"errcode":45033,"errmsg":"api concurrent out of limit"}', throttled(60)],
    [200, '{"errcode":45047,"errmsg":"api freq out of limit"}', throttled(null)],
    [200, '{"errcode":40058,"errmsg":"content exceed max length"}', rejected("payload_refused")],
    [200, '{"errcode":93000,"errmsg":"invalid webhook url"}', gone],
    [200, '{"errcode":93004,"errmsg":"robot is disabled"}', disabled],
    [200, "[]", retry("unreadable_answer")],
  ],
  teams: [
    [202, "", { verdict: "delivered", reason: "accepted" }],
    [200, "1", { verdict: "delivered", reason: "accepted" }],
    [200, "", { verdict: "delivered", reason: "accepted" }],
    [200, HTML, retry("web_page")],
    [202, HTML, retry("web_page")],
    [201, "", retry("unreadable_answer")],
    [200, "Webhook message delivery failed with error: HTTP error 500", retry("receiver_busy")],
    [200, "Microsoft Teams endpoint returned HTTP error 429 with ContextId x", throttled(null)],
    [200, "Microsoft Teams endpoint returned HTTP error 413 with ContextId x", rejected("payload_refused")],
    [200, "Webhook message delivery failed with error: HTTP error 400", rejected("payload_refused")],
    [400, '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"x"}}', disabled],
    [400, '{"error":{"code":"TriggerInputSchemaMismatch"}}', rejected("payload_refused")],
    [401, '{"error":{"code":"DirectApiAuthorizationRequired"}}', gone],
    [401, "", retry("unreadable_answer")],
    [403, '{"error":{"code":"AuthorizationFailed"}}', rejected("access_refused")],
    [403, "", retry("unreadable_answer")],
    [404, '{"error":{"code":"WorkflowNotFound","message":"x"}}', gone],
    [404, HTML, retry("web_page")],
  ],
  discord: [
    [204, "", delivered],
    [200, '{"id":"1"}', delivered],
    [200, "", retry("unreadable_answer")],
    [200, HTML, retry("web_page")],
    [202, '{"id":"1"}', retry("unreadable_answer")],
    [429, '{"retry_after":64.57,"global":true}', throttled(65)],
    [429, '{"retry_after":-1}', throttled(null)],
    [429, "error code: 1015", throttled(null)],
    [403, "error code: 1015", throttled(null)],
    [403, "error code: 1010", retry("cloudflare_refused")],
    [403, '<html><span class="cf-error-code">1020</span></html>', retry("cloudflare_refused")],
    [400, '{"code":50035}', rejected("payload_refused")],
    [400, '{"embeds":["0"]}', rejected("payload_refused")],
    [404, '{"embeds":["0"]}', retry("unreadable_answer")],
    [400, '{"code":220001,"message":"thread_name needed"}', rejected("thread_required")],
    [401, '{"code":50027}', gone],
    [401, "", retry("unreadable_answer")],
    [403, '{"code":50013,"message":"Missing Permissions"}', rejected("access_refused")],
    [403, "", retry("unreadable_answer")],
    [404, '{"code":10015}', gone],
    [404, '{"code":0,"message":"404: Not Found"}', rejected("access_refused")],
    [404, HTML, retry("web_page")],
  ],
};

describe.each(KINDS)("the verdict for an answer of %s", (kind) => {
  it.each(rows[kind])("for the status %i and the body %j", (status, body, expected) => {
    expect(channelOf(kind).verdictOf({ status, headers: {}, body }, 0)).toMatchObject(expected);
  });
});

it("the verdict for a 429 of Discord has the wait from the header, not the wait from the body", () => {
  const answer = { status: 429, headers: { "retry-after": "3" }, body: '{"retry_after":99}' };
  expect(channelOf("discord").verdictOf(answer, 0).afterSeconds).toBe(3);
});
