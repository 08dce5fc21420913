package network

import (
	"slices"
	"testing"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func TestSecurityGroupOptions_Validate(t *testing.T) {
	t.Parallel()
	diagtest.Require(t, nil, SecurityGroupOptions{}.Validate())
	diagtest.Require(t, nil, SecurityGroupOptions{Forward: make([]Target, 50)}.Validate())
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("forwardTo", diag.TooMany, "51", "50")},
		SecurityGroupOptions{Forward: make([]Target, 51)}.Validate())
	groups := slices.Repeat([]string{"sg-0123456789abcdef0"}, 16)
	diagtest.Require(t, nil, SecurityGroupOptions{InstanceGroups: groups[:15]}.Validate())
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("instanceSecurityGroupIds", diag.TooMany, "16", "15")},
		SecurityGroupOptions{InstanceGroups: groups}.Validate())
	diagtest.Require(t, []diagtest.Want{diagtest.Problem("instanceSecurityGroupIds", diag.Malformed, "app")},
		SecurityGroupOptions{InstanceGroups: []string{"sg-12345678", "app"}}.Validate())
}

func TestFlowLogOptions_Validate(t *testing.T) {
	t.Parallel()
	for _, days := range []int{0, 1, 365, 3653} {
		diagtest.Require(t, nil, FlowLogOptions{RetentionDays: days}.Validate())
	}
	for _, days := range []int{-1, 2, 364, 3654} {
		diagtest.Require(t, []diagtest.Want{diagtest.Problem("flowLogDays", diag.OutOfRange)}, FlowLogOptions{RetentionDays: days}.Validate())
	}
}
