// Compares the answers of this project's evaluator of IAM policies with those of @cloud-copilot/iam-simulate, a separate
// program that only this test uses.
//
//   node compare.mjs cases.json
//
// The exit status is 0 if they agree on every case that both decide, except those that are explained below.

import { readFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";

// Disagreements that are understood, and why this project keeps its answer.
const explained = [
  {
    why: "an asterisk that ends a part of an ARN in Resource also matches colons " +
      "(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html), and iam-simulate compares part by part",
    is: (one, theirs) => one.withinParts === theirs && one.withinParts !== one.answer,
  },
  {
    why: "with IgnoreCase or ForAnyValue, iam-simulate compares with ${*} as a regular expression, which a literal asterisk does not match",
    is: (one) => /(IgnoreCase|ForAnyValue:StringEquals)/.test(JSON.stringify(one)) && JSON.stringify(one).includes("${*}") &&
      one.context["aws:PrincipalTag/team"] === "a*",
  },
];

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const count = { agree: 0, undecided: 0, explained: 0, disagree: 0, refused: 0 };
const answers = {};
const policy = (text, name) => (text ? [{ name, policy: text }] : undefined);

for (const one of cases) {
  const result = await runSimulation({
    request: {
      principal: one.principal,
      action: one.action,
      resource: { resource: one.resource, accountId: one.resourceAccount },
      contextVariables: one.context,
    },
    identityPolicies: one.identity.map((text, i) => ({ name: `identity ${i + 1}`, policy: text })),
    permissionBoundaryPolicies: policy(one.boundary, "boundary"),
    vpcEndpointPolicies: policy(one.endpoint, "endpoint"),
    resourcePolicy: one.resourcePolicy,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});

  if (result.resultType === "error" || result.result?.ignoredContextKeys?.length) {
    count.refused++;
    console.log(`seed ${one.seed}: not compared: ${JSON.stringify(result.errors ?? result.result.ignoredContextKeys)}`);
    continue;
  }
  const theirs = result.overallResult === "Allowed" ? "allowed" : "denied";
  answers[theirs] = (answers[theirs] ?? 0) + 1;
  if (one.answer === "undecided") {
    count.undecided++;
  } else if (one.answer === theirs) {
    count.agree++;
  } else {
    const reason = explained.find((e) => e.is(one, theirs));
    if (reason) {
      count.explained++;
      reason.count = (reason.count ?? 0) + 1;
      continue;
    }
    count.disagree++;
    console.log(`seed ${one.seed}: ours ${one.answer} (${one.why}); theirs ${result.overallResult}`);
    console.log(JSON.stringify(one, null, 1));
  }
}

console.log(`${cases.length} cases (${answers.allowed ?? 0} allowed, ${answers.denied ?? 0} denied by iam-simulate): ` +
  `${count.agree} agree, ${count.undecided} undecided here, ${count.explained} explained, ` +
  `${count.refused} not compared, ${count.disagree} disagree`);
for (const e of explained.filter((e) => e.count)) console.log(`explained, ${e.count}: ${e.why}`);
process.exit(count.disagree || count.refused ? 1 : 0);
