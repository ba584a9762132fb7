import { createAuthHeadersProvider, createQueryAddress } from "../../../lib/cce/auth-headers.ts";
import { createIamTokenCache } from "../../../lib/cce/iam-token.ts";
import { Project } from "../../../lib/config/projects.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const NOW = Date.UTC(2026, 0, 1);

describe("createQueryAddress", () => {
  it("joins the path of the endpoint, the API and the parts, and encodes each part", () => {
    const endpoint = new URL("https://proxy.example.com/a/b/");
    expect(createQueryAddress(endpoint, "/api/v3", ["jobs", "x:1 ä"], {})).toEqual({
      url: new URL("https://proxy.example.com/a/b/api/v3/jobs/x%3A1%20%C3%A4"),
      path: "/a/b/api/v3/jobs/x:1 ä",
      parameters: {},
    });
  });

  it("adds the query parameters to the URL", () => {
    const { url, path } = createQueryAddress(new URL("https://cce.example.com"), "/api/v3", ["addons", "a"], {
      cluster_id: "c 1",
      other: "&",
    });
    expect(url.href).toBe("https://cce.example.com/api/v3/addons/a?cluster_id=c+1&other=%26");
    expect(path).toBe("/api/v3/addons/a");
  });
});

describe("createAuthHeadersProvider", () => {
  const query = createQueryAddress(new URL("https://cce.example.com"), "/api/v3", ["jobs", "j"], { a: "1" });
  const headersOf = (auth: object) => {
    const project = Project.parse({ projectId: "p", region: "eu-de", auth });
    let requests = 0;
    const tokens = createIamTokenCache(
      async () => {
        requests += 1;
        return { kind: "token", token: new Secret(`token-${requests}`), expiresAt: NOW + 86_400_000 };
      },
      () => NOW,
    );
    return createAuthHeadersProvider(project, tokens, () => NOW);
  };

  it("signs each query with the access key, also after a refusal", async () => {
    const provide = headersOf({ kind: "aksk", accessKey: "AK", secretKey: "SK", securityToken: "ST" });
    const signed = await provide(query);
    expect(signed).toMatchObject({
      kind: "headers",
      token: null,
      headers: {
        "x-sdk-date": "20260101T000000Z",
        "x-security-token": "ST",
        "x-project-id": "p",
        authorization: expect.stringMatching(/^SDK-HMAC-SHA256 Access=AK, /),
      },
    });
    const again = await provide(query, signed);
    expect(again).toEqual(signed);
    expect(again).not.toBe(signed);
    const other = createQueryAddress(new URL("https://cce.example.com"), "/api/v3", ["jobs", "j"], {
      a: "2",
    });
    expect(await provide(other)).not.toEqual(signed);
  });

  it("sends the IAM token, and requests another token after a refusal", async () => {
    const provide = headersOf({ kind: "password", domain: "d", user: "u", password: "p" });
    const first = await provide(query);
    expect(first).toMatchObject({ kind: "headers", headers: { "x-auth-token": "token-1" } });
    expect(await provide(query)).toMatchObject({ headers: { "x-auth-token": "token-1" } });
    expect(await provide(query, first)).toMatchObject({ headers: { "x-auth-token": "token-2" } });
    expect(await provide(query, first)).toMatchObject({ headers: { "x-auth-token": "token-2" } });
  });

  it("returns the refusal of IAM if there is no token", async () => {
    const project = Project.parse({
      projectId: "p",
      region: "eu-de",
      auth: { kind: "password", domain: "d", user: "u", password: "p" },
    });
    const refusal = { kind: "unauthorized", text: "no" } as const;
    const tokens = createIamTokenCache(
      async () => refusal,
      () => NOW,
    );
    expect(await createAuthHeadersProvider(project, tokens, () => NOW)(query)).toBe(refusal);
  });

  it("sends the token of the config, and has no other headers after a refusal", async () => {
    const provide = headersOf({ kind: "token", token: "fixed" });
    const first = await provide(query);
    expect(first).toEqual({ kind: "headers", headers: { "x-auth-token": "fixed" }, token: null });
    expect(await provide(query, first)).toBe(first);
  });
});
