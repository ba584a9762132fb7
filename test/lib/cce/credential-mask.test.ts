import { createMaskOfConfigSecretsAndAddedTokens } from "../../../lib/cce/credential-mask.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const maskOf = (auth: object) =>
  createMaskOfConfigSecretsAndAddedTokens(Project.parse({ projectId: "p", region: "eu-de", auth }));
const keys = {
  kind: "aksk",
  accessKey: "AKEXAMPLE",
  secretKey: "sk+ex/ample",
  securityToken: "AKEXAMPLELONGER",
};

describe("the credential mask of a project", () => {
  it("masks each credential as it is, in JSON and in a URL, and changes no other text", () => {
    const { maskText } = maskOf(keys);
    expect(maskText("ak AKEXAMPLE\t\u0000 <b>é</b> sk+ex/ample sk%2Bex%2Fample")).toBe(
      "ak <secret>\t\u0000 <b>é</b> <secret> <secret>",
    );
    const quoted = { kind: "password", domain: "d", user: "u", password: 'a"b\\c' };
    expect(maskOf(quoted).maskText(JSON.stringify({ password: quoted.password }))).toBe(
      '{"password":"<secret>"}',
    );
  });

  it("masks the whole of a secret that starts like another secret", () => {
    expect(maskOf(keys).maskText("AKEXAMPLELONGER")).toBe("<secret>");
  });

  it("reads a secret as text and not as a pattern", () => {
    const { maskText } = maskOf({ kind: "token", token: "a.c$(x|y)*" });
    expect(maskText("abc a.c$(x|y)* axy")).toBe("abc <secret> axy");
  });

  it("masks a token after it was added, and earlier tokens too", () => {
    const { maskText, addToken } = maskOf({ kind: "password", domain: "d", user: "u", password: "pass" });
    expect(maskText("MIIone")).toBe("MIIone");
    const issued = ["MIIone", "MIItwo", "MIIthree", "MIIfour"];
    for (const token of issued) addToken(new Secret(token));
    expect(maskText(`${issued.join(" ")} pass`)).toBe("<secret> <secret> <secret> <secret> <secret>");
  });

  it("masks the canonical request and the signature in a gateway's error and keeps the text after them", () => {
    const { maskText } = maskOf(keys);
    const hash = "ab".repeat(32);
    expect(maskText(`no: canonicalRequest:GET|/x/||host:h||host|${hash}, retry`)).toBe(
      "no: canonicalRequest:<secret>, retry",
    );
    expect(maskText(`canonical_request = GET\n/x/\n\nhost:h\n\nhost\n${hash} end`)).toBe(
      "canonical_request = <secret> end",
    );
    expect(maskText(`SignedHeaders=host, Signature=${hash}`)).toBe("SignedHeaders=host, Signature=<secret>");
  });

  it("masks every text of a job, and truncates the text of an error after it is masked", () => {
    const mask = maskOf({ kind: "token", token: "fixedtoken" });
    const text = "is fixedtoken";
    const job: Job = {
      jobId: text,
      type: text,
      phase: text,
      state: "failed",
      reason: text,
      clusterId: text,
      resourceId: text,
      resourceName: text,
      createdAt: 1,
      updatedAt: null,
      subJobs: [],
    };
    const texts = { warnings: [text], message: text };
    const masked = mask.maskObservation({ kind: "job", job: { ...job, subJobs: [job] }, ...texts });
    expect(JSON.stringify(masked)).not.toContain("fixedtoken");
    expect(JSON.stringify(masked).match(/is <secret>/g)).toHaveLength(16);
    const long = mask.maskObservation({ kind: "unavailable", text: `${"x".repeat(395)}fixedtoken` });
    expect(long).toMatchObject({ text: expect.stringMatching(/x<sec?…?$|x<.*…$/) });
    expect(JSON.stringify(long)).not.toContain("fixed");
  });
});
