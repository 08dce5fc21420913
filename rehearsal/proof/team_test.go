package proof_test

import (
	"slices"
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
