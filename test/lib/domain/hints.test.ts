import hintRows from "../../../lib/domain/hint-patterns.json" with { type: "json" };
import { createCachedHintFinder, findHint, translateHint } from "../../../lib/domain/hints.ts";
import { textsOfLanguage } from "../../../lib/domain/texts.ts";

/** One reason for each row of `hint-patterns.json` in the vendor's spelling, and a part of the expected advice. */
const KNOWN: readonly (readonly [reason: string, advice: string])[] = [
  ["...call fsp to query keypair fail, error code : Ecs.0314, reason is : the keypair web ...", "key pair"],
  ['{"error":{"message":"encrypted key id [a-b] is invalid.","code":"Ecs.0912"}}', "KMS key"],
  ["Security group [8d1e] not found", "security group was deleted"],
  ['{"NeutronError":{"type":"SecurityGroupInUse","message":"Security Group 8d1e in use."}}', "still uses"],
  ["No available flavors for master nodes.", "control plane"],
  ["The flavor s3.large.4 is SoldOut in eu-de-01", "sold out"],
  ["Subnet not found in the VPC.", "not in this VPC"],
  ["IPv6 not supported for the subnet.", "no IPv6"],
  ["Container network CIDR blocks conflict.", "address range"],
  ["No more IP addresses available on network 5f0c.", "no free addresses"],
  ["invalid primary fixedIp ", "fixed address"],
  ["The token role contains op_suspended. The current operation is not allowed.", "account is restricted"],
  ["assume role fail: agency cce_admin_trust", "authorize"],
  ["Policy doesn't allow <vpc:ports:create> to be performed", "Permissions"],
  ["Resource locked by other requests.", "Another operation"],
  ["Failed to install the node", "DNS"],
  ["Insufficient cluster quota.", "clusters"],
  ["Insufficient CPU quota.", "vCPUs"],
  ["Insufficient memory quota.", "memory"],
  ["Insufficient security group quota.", "security groups"],
  ["Insufficient EIP quota.", "EIPs"],
  ["Insufficient VPC quota.", "VPCs"],
  ["VolumeLimitExceeded: volume gigabytes quota exceeded", "disks"],
  ["Insufficient ECS quota. Contact customer service to increase quota.", "servers"],
  ["the quota is insufficient", "A quota is used up"],
];

it("has at least fifteen rows, each with patterns, advice, a vendor's page and a source", () => {
  expect(hintRows.length).toBeGreaterThanOrEqual(15);
  for (const { id, patterns, link, source = link } of hintRows) {
    expect(patterns).not.toContain("");
    expect(Object.entries(textsOfLanguage("en")).find(([key]) => key === `hint.${id}`)?.[1]).toMatch(
      /^[^\n]{20,110}\.$/,
    );
    expect(link).toMatch(/^https:\/\/support\.huaweicloud\.com\/intl\/en-us\//);
    expect(source).toMatch(/^https:\/\//);
  }
});

it.each(KNOWN)("returns advice for %p", (reason, advice) => {
  expect(findHint(reason)).toContain(advice);
});

/** Further reasons for the rows of `hint-patterns.json`: the vendor's error codes, and other spellings. */
const OTHER_REASONS: Readonly<Record<string, readonly string[]>> = {
  keyPair: ["Ecs.0314", "the key pair web does not match", "keypair web not found", "query keypair fail"],
  kmsKey: ["Ecs.0912"],
  securityGroupInUse: ["SecurityGroup 8d1e is in use"],
  masterFlavor: ["CCE.01400004", "no available flavor for master"],
  soldOut: [
    "sold out",
    "Ecs.0319",
    "Ecs.0707",
    "insufficient capacity",
    "insufficient resources",
    "No valid host",
  ],
  subnet: ["CCE.01400002"],
  ipv6: ["CCE.01400003", "IPv6 is not supported"],
  cidr: ["CCE.01400005", "CIDR conflict"],
  addresses: [
    ...["Ecs.0012", "insufficient IP addresses", "does not contain enough IP addresses"],
    ...["no available IP", "subnet s-1 is full"],
  ],
  fixedAddress: ["Ecs.0010", "VPC.0701", "Private IP address 10.0.0.7 is in use"],
  account: [
    ...["Ecs.0003", "VPC.2701", "VPC.0005", "insufficient balance", "the balance is insufficient"],
    ...["the account is in arrears", "余额不足", "欠费"],
  ],
  agency: ["Ecs.0004", "assume role fail", "the agency cce_admin_trust is missing"],
  permissions: ["VPC.2201", "VPC.0010", "disallowed by policy", "CCE.01403001", "not authorized"],
  locked: ["CCE.01429002"],
  installNode: ["failed to install node", "install node kubernetes: timeout"],
  quotaClusters: ["CCE.01400007"],
  quotaCpus: [
    "CCE.01400009",
    "insufficient vCPU quota",
    "insufficient core quota",
    "Quota exceeded for cores: 4",
  ],
  quotaMemory: ["CCE.01400010", "insufficient RAM quota", "Quota exceeded for ram: 4"],
  quotaSecurityGroups: ["CCE.01400011"],
  quotaEips: ["CCE.01400012", "the EIP exceeds the quota", "quota exceeded for EIP"],
  quotaDisks: ["EVS: insufficient quota", "the quota of disk space is used up", "VolumeLimitExceeded"],
  quotaServers: ["CCE.01400008", "Ecs.0001", "insufficient server quota", "Quota exceeded for instances: 4"],
  quotaOther: [
    ...["quota exceeded", "the quota is used up", "insufficient router quota", "exceeds the listener quota"],
    ...["配额不足", "配额已用完"],
  ],
};

it.each(
  Object.entries(OTHER_REASONS).flatMap(([id, reasons]) => reasons.map((reason) => [reason, id] as const)),
)("returns for the reason %j the advice %s", (reason, id) => {
  const texts: Readonly<Record<string, string>> = textsOfLanguage("en");
  expect(findHint(reason)).toContain(texts[`hint.${id}`]);
});

it.each([
  ["创建虚拟机失败：规格已售罄", "sold out"],
  ["账户余额不足", "account is restricted"],
  ["您的账号已欠费", "account is restricted"],
  ["弹性云服务器配额不足", "A quota is used up"],
])("returns advice for the Chinese reason %p", (reason, advice) => {
  expect(findHint(reason)).toContain(advice);
});

it("matches every row with one of the sample reasons", () => {
  const given = new Set(KNOWN.map(([reason]) => findHint(reason)));
  expect(given.size).toBe(hintRows.length);
});

it("finds an error code in JSON text with several lines", () => {
  expect(findHint('Create VM failed\n{"error":\n{"code":"Ecs.0012"}}')).toContain("no free addresses");
});

it.each([null, "", "Failed to create node(s)", "Internal error", "the job quotas report was created"])(
  "returns no advice for %p",
  (reason) => {
    expect(findHint(reason)).toBeNull();
  },
);

it.each([
  "The subnet s-1 was created, but its image was not found.",
  "The security group of the node was created, but its image was not found.",
  "No available flavors were requested. A node is made for master.",
  "No more tries. The IP addresses are available.",
  "The resource is locked by nobody, other requests failed.",
  "The policy does exist, but it doesn't say what it may allow.",
  "Insufficient data about the cluster. No quota is known.",
  "The role was assumed. The next step did fail.",
])("returns no advice for the words of a known reason in another sentence: %s", (reason) => {
  expect(findHint(reason)).toBeNull();
});

it.each(["Ecs", "VPC", "CCE"])("returns no advice for an error code of %s without its dot", (service) => {
  const codes = hintRows.flatMap(({ patterns }) =>
    patterns.filter((pattern) => pattern.startsWith(`${service}\\.`)),
  );
  expect(codes.length).toBeGreaterThan(2);
  for (const code of codes) {
    expect(findHint(`error code: ${code.replace("\\.", ".")}`)).not.toBeNull();
    expect(findHint(`error code: ${code.replace("\\.", "-")}`)).toBeNull();
  }
});

it("translates a hint into the language of the reader, with the same link", () => {
  const german = textsOfLanguage("de");
  const hint = findHint("Ecs.0314") ?? "";
  const link = hint.slice(hint.lastIndexOf(" "));
  const texts = hintRows.map(({ id }) => german[`hint.${id}` as keyof typeof german]);
  expect(translateHint(hint, german)).toMatch(/Schlüsselpaar/);
  expect(texts.map((text) => text + link)).toContain(translateHint(hint, german));
  expect(translateHint("a hint of an earlier release", german)).toBe("a hint of an earlier release");
});

it("finds a failure reason in the first 8000 characters", () => {
  expect(findHint(`${"x".repeat(7991)} Ecs.0314`)).not.toBeNull();
  expect(findHint(`${"x".repeat(7992)} Ecs.0314`)).toBeNull();
});

it("searches only the beginning of a very long reason, and caches the result", () => {
  const hints = createCachedHintFinder();
  const long = `quota ${"a ".repeat(2_000_000)}`;
  expect(hints(long)).toBeNull();
  expect(hints("Ecs.0314")).toBe(findHint("Ecs.0314"));
  expect(hints("Ecs.0314")).toBe(findHint("Ecs.0314"));
});
