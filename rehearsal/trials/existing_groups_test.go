package trials

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// A stack in an existing VPC that sets all keys which the stacks "sessions" and "workload" do not set is stable and proven,
// and leaves the account as it was, except for its records. TestKeys_setByStacks says that the three stacks set every key.
func TestExistingAll(t *testing.T) {
	t.Parallel()
	file := stacktest.Account(t, existingStack)
	removeS3Endpoint(file)
	file.Instances[0].Tags = append(file.Instances[0].Tags, account.Tag{Key: "team", Value: "app"})
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	e := open(t, cloud, engine.Options{Stack: "existing-all"})
	e.up()
	e.requireLifecycle()
}

// An instance gets the existing security groups that the configuration lists, in any order, and the proofs read them.
func TestExisting_instanceGroups(t *testing.T) {
	t.Parallel()
	const databaseClients = "sg-0a1b2c3d4e5f6000b"
	add := func(f *account.File) {
		isApp := func(g account.SecurityGroup) bool { return g.GroupId == appGroup }
		group := f.SecurityGroups[slices.IndexFunc(f.SecurityGroups, isApp)]
		group.GroupId, group.GroupName = databaseClients, "database-clients"
		f.SecurityGroups = append(f.SecurityGroups, group)
	}
	e := newExisting(t, config{"instanceSecurityGroupIds": list([]string{databaseClients, appGroup})}, add)
	e.up()
	for _, i := range e.instancesByName() {
		groups, _ := i.Outputs["vpcSecurityGroupIds"].([]any)
		require.Len(t, groups, 3)
		require.Subset(t, groups, []any{databaseClients, appGroup})
	}
	e.configure(config{"instanceSecurityGroupIds": list([]string{appGroup, databaseClients})})
	require.Empty(t, effects(e.up()), "the order of the groups does not matter")
	e.configure(config{"instanceSecurityGroupIds": list([]string{databaseClients}), "clientSecurityGroupIds": list([]string{databaseClients})})
	require.Subset(t, effects(e.up()), []string{"Instance instances-a-1: update", "SecurityGroup existing-network-" + appGroup + ": discard"})
	e.requireLifecycle()
}

// An existing security group with an inbound rule refutes the claim no-inbound.
func TestExisting_instanceGroupWithInboundRule(t *testing.T) {
	t.Parallel()
	const endpoints = "sg-0a1b2c3d4e5f6000e"
	e := newExisting(t, config{"instanceSecurityGroupIds": list([]string{endpoints})}, nil)
	require.Contains(t, strings.Join(e.up().Messages("warning"), "\n"), "instanceSecurityGroupIds: "+endpoints+" has inbound rules")
	isNoInbound := func(c proof.Claim) bool { return c.ID == "no-inbound" }
	claims := e.claims()
	claim := claims[slices.IndexFunc(claims, isNoInbound)]
	require.Equal(t, proof.Refuted, claim.Result)
	fix := "remove " + endpoints + ` from instanceSecurityGroupIds, or ask the owner of SecurityGroup "existing-network-` + endpoints + `" to`
	require.True(t, slices.ContainsFunc(claim.Reasons, func(r proof.Reason) bool { return strings.HasPrefix(r.Fix, fix) }), "%v", claim.Reasons)
	e.requireStable()
	e.tearDown()
}

// AWS refuses more security groups than the quota of a network interface allows.
func TestExisting_instanceGroupsQuota(t *testing.T) {
	t.Parallel()
	var ids []string
	prepare := func(quota float64) func(*account.File) {
		return func(f *account.File) {
			f.Quotas = map[string]float64{"L-2AFB9258": quota}
			ids = nil
			for n := range 5 {
				group := f.SecurityGroups[1]
				group.GroupId, group.GroupName = fmt.Sprintf("sg-0a1b2c3d4e5f7000%d", n), fmt.Sprintf("group-%d", n)
				f.SecurityGroups, ids = append(f.SecurityGroups, group), append(ids, group.GroupId)
			}
		}
	}
	e := newExisting(t, nil, prepare(5))
	e.configure(config{"instanceSecurityGroupIds": list(ids)})
	require.Contains(t, e.stack.Up(t.Context()).Failure(), "SecurityGroupsPerInterfaceLimitExceeded")
	e.configure(config{"instanceSecurityGroupIds": list(ids[1:])})
	e.up()
	e.requireLifecycle()
	e = newExisting(t, nil, prepare(6))
	e.configure(config{"instanceSecurityGroupIds": list(ids)})
	e.up()
	e.requireLifecycle()
}
