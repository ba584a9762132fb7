import { createMask } from "../../../lib/cce/mask-credentials.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const maskOf = (auth: object) => createMask(Project.parse({ projectId: "p", region: "eu-de", auth }));
const keys = {
  kind: "aksk",
  accessKey: "AKEXAMPLE",
  secretKey: "sk+ex/ample",
  securityToken: "AKEXAMPLELONGER",
};

describe("a project's mask", () => {
  it("hides each credential, as it is, in JSON and in a URL, and leaves all other text verbatim", () => {
    const { text } = maskOf(keys);
    expect(text("ak AKEXAMPLE\t\u0000 <b>é</b> sk+ex/ample sk%2Bex%2Fample")).toBe(
      "ak <secret>\t\u0000 <b>é</b> <secret> <secret>",
    );
    const quoted = { kind: "password", domain: "d", user: "u", password: 'a"b\\c' };
    expect(maskOf(quoted).text(JSON.stringify({ password: quoted.password }))).toBe(
      '{"password":"<secret>"}',
    );
  });

  it("leaves no rest of a secret that begins like another", () => {
    expect(maskOf(keys).text("AKEXAMPLELONGER")).toBe("<secret>");
  });

  it("takes a secret for text, not for a pattern", () => {
    const { text } = maskOf({ kind: "token", token: "a.c$(x|y)*" });
    expect(text("abc a.c$(x|y)* axy")).toBe("abc <secret> axy");
  });

  it("hides tokens from when IAM gave them, the one before the latest too", () => {
    const { text, learn } = maskOf({ kind: "password", domain: "d", user: "u", password: "pass" });
    expect(text("MIIone")).toBe("MIIone");
    for (const token of ["MIIone", "MIItwo"]) learn(new Secret(token));
    expect(text("MIIone MIItwo pass")).toBe("<secret> <secret> <secret>");
  });

  it("hides the canonical request and the signature that a gateway repeats, and keeps what follows", () => {
    const { text } = maskOf(keys);
    const hash = "ab".repeat(32);
    expect(text(`no: canonicalRequest:GET|/x/||host:h||host|${hash}, retry`)).toBe(
      "no: canonicalRequest:<secret>, retry",
    );
    expect(text(`canonical_request = GET\n/x/\n\nhost:h\n\nhost\n${hash} end`)).toBe(
      "canonical_request = <secret> end",
    );
    expect(text(`SignedHeaders=host, Signature=${hash}`)).toBe("SignedHeaders=host, Signature=<secret>");
  });

  it("reaches every text of a job, and shortens the text of an error only once it is masked", () => {
    const mask = maskOf({ kind: "token", token: "fixedtoken" });
    const said = "is fixedtoken";
    const job: Job = {
      jobId: said,
      type: said,
      phase: said,
      state: "failed",
      reason: said,
      clusterId: said,
      resourceId: said,
      resourceName: said,
      createdAt: 1,
      updatedAt: null,
      subJobs: [],
    };
    const seen = mask.observation({ kind: "job", job: { ...job, subJobs: [job] }, warnings: [said] });
    expect(JSON.stringify(seen)).not.toContain("fixedtoken");
    expect(JSON.stringify(seen).match(/is <secret>/g)).toHaveLength(15);
    const long = mask.observation({ kind: "unavailable", text: `${"x".repeat(395)}fixedtoken` });
    expect(long).toMatchObject({ text: expect.stringMatching(/x<sec?…?$|x<.*…$/) });
    expect(JSON.stringify(long)).not.toContain("fixed");
  });
});
