package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// aclHarmless says why no claim notices that s3:PutObjectAcl is missing.
const aclHarmless = "the agent asks for an ACL with every record, and documents disagree whether that takes a permission"

// rolePolicy makes the mutants of a role's own policy.
func (b *breeder) rolePolicy(i int, r *apitype.ResourceV3) {
	switch name := r.URN.Name(); {
	case strings.HasPrefix(name, "flow"):
		b.ownPolicy(i, "flow-logs")
	case strings.HasPrefix(name, "instance"):
		b.ownPolicy(i, "agent")
	default:
		b.sessionPolicy(i, r)
	}
}

// unasked are actions of the instances' policies that no claim asks for: the agent reports with them, and goes on
// without.
var unasked = []string{
	"ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:ListAssociations", "ssm:PutComplianceItems",
	"ssm:UpdateAssociationStatus",
}

// ownPolicy makes the mutants of a policy of a service, which a claim notices where it allows too little.
func (b *breeder) ownPolicy(i int, claim string) {
	b.add(i, "gone", drop, claim)
	b.add(i, "another role's", set("role", "another"), claim)
	b.policy(i, "policy", []string{claim}, func(_, what string) string {
		action := strings.TrimPrefix(what, "without action ")
		switch {
		case what == "action *" || what == "resource *":
			return "what else a service's role may do is not claimed"
		case action == "s3:PutObjectAcl":
			return aclHarmless
		}
		for _, one := range unasked {
			if action == one {
				return "the agent reports with it, and sessions open all the same"
			}
		}
		return ""
	})
}

// flowRole makes the mutants of the flow logs' role.
func (b *breeder) flowRole(i int) {
	b.add(i, "gone", drop, "flow-logs")
	b.add(i, "a boundary", set("permissionsBoundary", "arn:aws:iam::123456789012:policy/boundary"), "flow-logs")
	b.policy(i, "assumeRolePolicy", []string{"flow-logs"}, func(sid, what string) string {
		for _, key := range []string{"aws:SourceAccount", "aws:SourceArn"} {
			if what == "condition "+key+" gone" || what == "condition "+key+" with a trailing *" {
				return "for whom the service logs is not claimed"
			}
		}
		return trustHarmless(sid, what)
	})
}
