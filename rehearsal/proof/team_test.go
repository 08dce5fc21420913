package proof_test

import (
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

// teamClaims returns the claims about the stack "access", whose sessions are for the instances of a team, after a change of
// its account.
func teamClaims(t *testing.T, change func(*account.File)) []proof.Claim {
	t.Helper()
	file := stacktest.Account(t, "access")
	change(file)
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	stack := stacktest.Open(t, engine.Options{Stack: "access", Provider: cloud.NewProvider})
	require.Empty(t, stack.Up(t.Context()).Failure())
	return claimsOf(t, read(t, stack))
}

// groupNamed returns a security group of the account.
func groupNamed(f *account.File, name string) *account.SecurityGroup {
	return &f.SecurityGroups[slices.IndexFunc(f.SecurityGroups, func(g account.SecurityGroup) bool { return g.GroupName == name })]
}

// oneInstance leaves one instance of the team, in one of the two zones of the endpoints.
func oneInstance(f *account.File) { f.Instances = f.Instances[:1] }

// TestTeam_network checks the path from an instance of a team to endpoints of others.
func TestTeam_network(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*account.File)
		want   string
	}{
		"the group allows the VPC's addresses": {func(f *account.File) {
			groupNamed(f, "db").IpPermissionsEgress[0].IpRanges[0].CidrIp = "10.20.0.0/16"
		}, proof.Proven},
		"the group allows the addresses of one of the zones": {func(f *account.File) {
			groupNamed(f, "db").IpPermissionsEgress[0].IpRanges[0].CidrIp = "10.20.1.0/24"
		}, proof.Refuted},
		"all are in the default group": {func(f *account.File) { inDefaultGroup(f, groupNamed(f, "default")) }, proof.Proven},
		"no groups were captured":      {func(f *account.File) { inDefaultGroup(f, nil) }, proof.Proven},
		"no groups were captured, nor their rules": {func(f *account.File) {
			inDefaultGroup(f, nil)
			f.SecurityGroups = nil
		}, proof.Proven},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := claimNamed(t, teamClaims(t, func(f *account.File) {
				oneInstance(f)
				test.change(f)
			}), "reach.ssm")
			require.Equal(t, test.want, c.Result, c.Why())
		})
	}
}

// TestTeam_notCaptured checks that claims are undecided if they are about facts that no account file contains.
func TestTeam_notCaptured(t *testing.T) {
	t.Parallel()
	claims := teamClaims(t, func(*account.File) {})
	for _, id := range []string{"protected", "encrypted", "flow-logs"} {
		c := claimNamed(t, claims, id)
		require.Equal(t, proof.Undecided, c.Result, c.Why())
	}
}

// TestTeam_stopped checks that one claim reports that an instance is stopped.
func TestTeam_stopped(t *testing.T) {
	t.Parallel()
	claims := teamClaims(t, func(f *account.File) { f.Instances[0].State.Name = "stopped" })
	var undecided []string
	for _, c := range claims {
		if strings.Contains(fixesOf(c), `ask the owner of Instance "targets-i-0a1b2c3d4e5f70011" to start it`) {
			require.Equal(t, proof.Undecided, c.Result, c.ID)
			undecided = append(undecided, c.ID)
		}
		require.True(t, c.Class == proof.Hardening || c.Passes() || c.ID == "reach.ssm", c.ID)
	}
	require.Equal(t, []string{"reach.ssm", "multi-zone"}, undecided)
}

// inDefaultGroup makes a group that of all instances and endpoints, or removes their groups.
func inDefaultGroup(f *account.File, group *account.SecurityGroup) {
	var groups []account.GroupIdentifier
	if group != nil {
		groups = []account.GroupIdentifier{{GroupId: group.GroupId, GroupName: group.GroupName}}
	}
	for i := range f.Instances {
		f.Instances[i].SecurityGroups = groups
	}
	for i := range f.VpcEndpoints {
		if f.VpcEndpoints[i].VpcEndpointType == "Interface" {
			f.VpcEndpoints[i].Groups = groups
		}
	}
}
