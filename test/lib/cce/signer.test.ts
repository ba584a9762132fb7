import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";
import fc from "fast-check";
import { sdkDate, signRequest } from "../../../lib/cce/signer.ts";

const text = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => value.isWellFormed());
/** What a URL parser leaves as it is: the vendor's signer takes the path out of a whole URL. */
const segment = fc.stringMatching(/^[A-Za-z0-9_.~!*()$&+,=:@-]{0,12}$/);
const headerName = fc.stringMatching(/^[a-z]{1,10}$/).map((name) => `h${name}`);
const headerValue = fc.stringMatching(/^[!-~]{1,12}$/);

const request = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
  path: fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join("/")}`),
  query: fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 4 })), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 4, noNullPrototype: true }),
  data: fc.option(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true })),
  now: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  accessKey: fc.stringMatching(/^[A-Z0-9]{1,20}$/),
  secretKey: fc.string({ minLength: 1, maxLength: 40 }),
});

describe("signRequest", () => {
  it("signs 2,000 random requests as the vendor's SDK does", () => {
    fc.assert(
      fc.property(request, ({ method, path, query, headers, data, now, accessKey, secretKey }) => {
        const all = { ...headers, host: "cce.example.com", "X-Sdk-Date": sdkDate(now) };
        const theirs = Reflect.apply(AKSKSigner.sign, AKSKSigner, [
          {
            method,
            endpoint: `https://cce.example.com${path}`,
            headers: all,
            queryParams: structuredClone(query),
            data,
          },
          { getAk: () => accessKey, getSk: () => secretKey },
        ]);
        const body = data === null ? "" : JSON.stringify(data);
        const ours = signRequest({ method, path, query, headers: all, body }, { accessKey, secretKey });
        expect(theirs).toMatchObject({ Authorization: ours });
      }),
      { numRuns: 2000 },
    );
  });
});
