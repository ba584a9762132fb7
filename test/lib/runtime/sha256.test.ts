import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { Sha256 } from "../../../lib/runtime/sha256.ts";

const bytes = fc.uint8Array({ maxLength: 200 });
/** The same bytes in each of the ways the SDK may hand them over. */
const forms = [
  (data: Uint8Array) => data,
  (data: Uint8Array) => data.slice().buffer,
  (data: Uint8Array) => new DataView(Uint8Array.of(0, ...data, 0).buffer, 1, data.length),
];

describe("SHA-256 for the AWS clients", () => {
  it("hashes what it was given, in however many parts and forms", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), fc.nat(2), async (parts, form) => {
        const ours = new Sha256();
        for (const part of parts) ours.update((forms[form] ?? forms[0])?.(part) ?? part);
        const theirs = createHash("sha256").update(Buffer.concat(parts)).digest();
        expect(Buffer.from(await ours.digest())).toEqual(theirs);
      }),
    );
  });

  it("signs under a secret of text or bytes, the same secret again and again, and starts anew when reset", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.oneof(bytes, fc.string()), async (data, secret) => {
        const theirs = createHmac("sha256", secret).update(data).digest();
        for (let round = 0; round < 2; round++) {
          const ours = new Sha256(secret);
          ours.update("before");
          ours.reset();
          ours.update(data);
          expect(Buffer.from(await ours.digest())).toEqual(theirs);
        }
      }),
    );
  });
});
