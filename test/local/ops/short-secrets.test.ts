import { findShortSecrets } from "../../../local/ops/short-secrets.ts";

test("blank and short secrets are reported with their path, without the secret", () => {
  const auth = { kind: "aksk", accessKey: "AKEXAMPLE", secretKey: "sh0rt!!", securityToken: "          " };
  expect(
    findShortSecrets({
      projects: { prod: { auth }, test: { auth: { kind: "password", user: "u", password: "eight888" } } },
      targets: {
        ops: { kind: "feishu", secret: "x" },
        audit: { kind: "webhook", secrets: ["whsec_long-enough", ""], headers: { "x-env": "prod" } },
      },
      settings: { callbackSecrets: ["1234567"] },
    }),
  ).toEqual([
    "projects.prod.auth.secretKey: must have at least 8 characters",
    "projects.prod.auth.securityToken: must have at least 8 characters",
    "targets.ops.secret: must have at least 8 characters",
    "targets.audit.secrets[1]: must have at least 8 characters",
    "settings.callbackSecrets[0]: must have at least 8 characters",
  ]);
});

test.each([undefined, null, "text", { projects: [1], targets: "x", settings: null }])(
  "a malformed document has no short secrets: %j",
  (document) => {
    expect(findShortSecrets(document)).toEqual([]);
  },
);
