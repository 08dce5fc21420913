package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// aclHarmless says why no claim notices that s3:PutObjectAcl is missing.
const aclHarmless = "the agent sets an ACL on every record, and the documentation is not clear about the permission"

// rolePolicy creates the mutants of an inline policy.
func (b *mutator) rolePolicy(i int, r *apitype.ResourceV3) {
	switch name := r.URN.Name(); {
	case strings.HasPrefix(name, "flow"):
		b.ownPolicy(i, "flow-logs")
	case strings.HasPrefix(name, "instance"):
		b.ownPolicy(i, "agent")
	default:
		b.sessionPolicy(i, r)
	}
}

// optionalActions are actions in the policies of instance roles that sessions do not need.
var optionalActions = []string{
	"ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:ListAssociations", "ssm:PutComplianceItems",
	"ssm:UpdateAssociationStatus",
}

// ownPolicy creates the mutants of a policy of a service role. A claim has to notice if the policy does not
// allow enough.
func (b *mutator) ownPolicy(i int, claim string) {
	b.add(i, "removed", drop, claim)
	b.add(i, "of another role", set("role", "another"), claim)
	b.policy(i, "policy", []string{claim}, func(_, what string) string {
		action := strings.TrimPrefix(what, "without action ")
		switch {
		case what == "action *" || what == "resource *":
			return "no claim is about what else a service role allows"
		case action == "s3:PutObjectAcl":
			return aclHarmless
		}
		for _, one := range optionalActions {
			if action == one {
				return "the agent uses it for reports, which sessions do not need"
			}
		}
		return ""
	})
}

// flowRole creates the mutants of the role of flow logs.
func (b *mutator) flowRole(i int) {
	b.add(i, "removed", drop, "flow-logs")
	b.add(i, "a boundary", set("permissionsBoundary", "arn:aws:iam::123456789012:policy/boundary"), "flow-logs")
	b.policy(i, "assumeRolePolicy", []string{"flow-logs"}, func(sid, what string) string {
		for _, key := range []string{"aws:SourceAccount", "aws:SourceArn"} {
			if what == "condition "+key+" removed" || what == "condition "+key+" with a trailing *" {
				return "no claim is about the accounts whose traffic the service logs"
			}
		}
		return trustHarmless(sid, what)
	})
}
