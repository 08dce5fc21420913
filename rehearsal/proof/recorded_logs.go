package proof

import (
	"fmt"
	"slices"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// checkAgentsWrite checks that the roles of the instances may write the records of a document. The reasons of the claim
// agent name the missing permissions.
func (m *model) checkAgentsWrite(f *finding, d *sessionDocument) {
	if len(m.instances) == 0 {
		f.assume("the roles of the instances on which sessions are started allow their agents to write the records of %s", d)
	}
	checked := map[*role]bool{}
	for _, i := range m.instances {
		r, _ := m.roleOf(i)
		if r == nil || checked[r] || differ(i.region, d.region) {
			continue
		}
		checked[r] = true
		f.rest(m.profiles[i.profile])
		m.restOnRole(f, r)
		agent := newFinding("agent", i.name, Required)
		for _, n := range slices.Concat(m.logNeeds(d, i.location), m.bucketNeeds(d, i.location)) {
			policies, unknown := r.identityPolicies()
			m.checkNeed(agent, i, r, n, policies, unknown)
		}
		f.rest(agent.rested...)
		if r.missing {
			m.assumeNothingDenied(f, r)
		}
		if !agent.passing() {
			f.unknown("%s may not be allowed to write the records of %s: see the claim agent", r, d)
		}
	}
}

// checkKeyNamed checks the policy of a key that a resource names.
func (m *model) checkKeyNamed(f *finding, name, by string, at location) *key {
	if name == "" {
		return nil
	}
	match := m.keyAt(name, at)
	switch {
	case match.unknown != "":
		f.unknown("%s", match.unknown)
	case match.found == nil:
		f.unknown("key %q of %s is not in the state", name, by)
	default:
		m.checkKeyPolicy(f, match.found)
		return match.found
	}
	return nil
}

// checkLogGroup checks the log group of a document.
func (m *model) checkLogGroup(f *finding, d *sessionDocument) {
	match := m.logGroupAt(d.logGroup, d.location)
	g := match.found
	switch {
	case match.unknown != "":
		f.unknown("%s", match.unknown)
		return
	case g == nil && m.ofOthers(contract.ExistingLogGroupInput, d.logGroup):
		f.assume("log group %q exists in the account and Region of %s, is encrypted if the document requires it, and retains the "+
			"records, and only its owner can read or delete them", d.logGroup, d)
		return
	case g == nil:
		f.unknown("log group %q of %s is not in the state", d.logGroup, d)
		return
	}
	f.rest(g)
	m.checkLogClass(f, g)
	m.checkCopies(f, g)
	fixKey := g.fix(keyFixes.sessionEncryption, "set kmsKeyId on "+g.String())
	switch name := g.str("kmsKeyId"); {
	case name == "" && d.kms == "":
		f.pass("CloudWatch Logs encrypts %s with an AWS owned key, as it does by default", g)
	case name == "":
		f.fail(fixKey, "%s is not encrypted with a key of the account", g)
	default:
		if k := m.checkKeyNamed(f, name, g.String(), g.location); k != nil {
			m.checkLogsKey(f, g, k)
		}
	}
	if d.logEncrypted && g.str("kmsKeyId") == "" {
		f.fail(fixKey, "sessions with %s fail to start: the document requires an encrypted log group, but %s is not encrypted", d, g)
	}
	if n := asInt(g.value("retentionInDays"), 0); n > 0 {
		f.pass("%s retains records for %d days", g, n)
	} else {
		f.pass("%s retains records indefinitely", g)
	}
	if !g.retain && !g.boolean("skipDestroy", false) {
		f.fail("set retainOnDelete on "+g.String(), "destroying the stack deletes %s with its records", g)
	}
}

// checkLogClass checks that records in the log group are retained and can be read. The class DELIVERY only forwards
// events, and keeps them for one or two days regardless of retentionInDays. In INFREQUENT_ACCESS, the events of a stream
// cannot be read.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
func (m *model) checkLogClass(f *finding, g *resource) {
	if class := g.str("logGroupClass"); class != "" && class != "STANDARD" {
		f.unknownUntil("set logGroupClass to STANDARD on "+g.String(), "%s is of class %s, which retains or shows less than STANDARD", g, class)
	}
}

// checkCopies checks that nothing copies or hides the events of a log group.
func (m *model) checkCopies(f *finding, g *resource) {
	for _, n := range m.ofType("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter") {
		if name := n.str("logGroup"); (name == "" || name == g.str("name") || name == g.str("arn")) && !differ(n.region, g.region) && !differ(n.account, g.account) {
			f.unknown("%s copies the records to %q: the state does not show who reads them there", n, n.str("destinationArn"))
		}
	}
	for _, n := range m.ofType("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy") {
		if name := n.str("logGroupName"); (name == "" || name == g.str("name")) && !differ(n.region, g.region) {
			f.unknown("%s hides parts of the records", n)
		}
	}
	for _, n := range m.ofType("aws:cloudwatch/logAccountPolicy:LogAccountPolicy", "aws:cloudwatch/logResourcePolicy:LogResourcePolicy") {
		if !differ(n.region, g.region) && !differ(n.account, g.account) {
			f.unknown("%s may copy or hide records, or allow others to read them: the proofs do not read it", n)
		}
	}
}

// checkLogsKey checks that CloudWatch Logs can use the key of a log group.
func (m *model) checkLogsKey(f *finding, g *resource, k *key) {
	if k.unusable != "" {
		f.fail("set isEnabled to true on "+k.String()+", or use another key for "+g.String(), "CloudWatch Logs cannot encrypt with %s: %s", k, k.unusable)
		return
	}
	service := policy.Principal{Service: "logs." + g.region + "." + g.dnsSuffix()}
	groupARN := g.arn("logs", "log-group:"+g.str("name"))
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		policies := policy.Policies{Resource: k.policy, ResourceMustAllow: true}
		d := policies.Decide(&policy.Request{
			Principal: service, Action: action, Resource: k.arn,
			Context: policy.Context{}.With("kms:EncryptionContext:aws:logs:arn", groupARN).With("aws:SourceAccount", g.account).With("aws:SourceArn", groupARN),
		})
		f.expectAllowed(d, fmt.Sprintf("allow %s to %s for %s in the policy of %s", action, service.Service, groupARN, k),
			"%s on %s by CloudWatch Logs, for %s", action, k, g)
	}
}

// foreignActions are the actions on a key by which a principal reads records, lets others read them, or makes them
// unreadable.
var foreignActions = []string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"}

// checkKeyPolicy checks that a key does not decrypt for principals of other accounts.
func (m *model) checkKeyPolicy(f *finding, k *key) {
	if f.seen[k.resource] {
		return
	}
	f.rest(k.resource)
	for _, n := range m.ofType("aws:kms/keyPolicy:KeyPolicy") {
		if id := n.str("keyId"); id == k.id || id == k.arn {
			f.rest(n)
		}
	}
	fix := "list only principals of the account in the policy of " + k.String()
	policies := policy.Policies{
		Identity: []*policy.Document{allowAll}, Resource: k.policy, ResourceAccount: k.account, ResourceMustAllow: true,
	}
	for _, action := range foreignActions {
		request := &policy.Request{
			Principal: policy.Group{Partition: k.partition, NotAccounts: []string{k.account}}.Principal(), Action: action, Resource: k.arn,
			Context: policy.Context{}.WithOther("kms:CallerAccount", k.account),
		}
		f.expectNone(policies, request, fix, action+" on "+k.String()+" by principals of other accounts", func(w *policy.Request) string {
			return fmt.Sprintf("%s on %s by %s of another account", action, k, w.Principal.ARN)
		})
	}
	for _, n := range m.ofType("aws:kms/grant:Grant", "aws:kms/replicaKey:ReplicaKey") {
		if id := n.str("keyId"); id == k.id || id == k.arn || n.str("primaryKeyArn") == k.arn {
			f.unknown("%s may allow others to use %s: the proofs do not read it", n, k)
		}
	}
}
