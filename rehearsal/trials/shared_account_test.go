package trials

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// otherTeam changes the stack "dev" into one for another team in the VPC of the stack "access". It adds a policy to the same role.
var otherTeam = config{
	"vpcId": accessVPC, "instancesPerZone": "0", "existingEndpoints": `["ssm","ssmmessages","s3"]`, "sessionTargets": "tagged",
	"targetTags": `["team=web"]`, "agentRoleNames": `["acme-db","acme-web"]`,
}

// Two stacks can share an account, in one Region or in two, and can be destroyed one after the other. Neither affects
// the other.
func TestSharedAccount(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]engine.Options{
		"two stacks in one Region":       {{Stack: "dev"}, {Stack: "prod"}},
		"one stack in two Regions":       {{Stack: "dev"}, {Stack: "dev", Config: config{"aws:region": "eu-west-1"}}},
		"a stack in an existing VPC":     {{Stack: existingStack}, {Stack: "dev"}},
		"two teams":                      {{Stack: accessStack}, {Stack: "dev", Config: otherTeam}},
		"a team, and a stack with a VPC": {{Stack: accessStack}, {Stack: "dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts.shared.Add(1)
			cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: accountOf(t, pair[0].Stack)})
			require.NoError(t, err)
			var envs [2]*env
			for i, o := range pair {
				envs[i] = open(t, cloud, o)
				envs[i].up()
			}
			for _, e := range envs {
				require.Empty(t, effects(e.up()))
				require.Empty(t, effects(e.refresh()))
				e.requireProven()
			}
			objects := append(envs[0].stateObjects(), envs[1].stateObjects()...)
			slices.Sort(objects)
			require.Equal(t, envs[0].cloudObjects(), objects)

			envs[0].unprotect()
			envs[0].destroy()
			require.Equal(t, envs[1].stateObjects(), envs[1].cloudObjects())
			require.Empty(t, effects(envs[1].refresh()))
			envs[1].tearDown()
		})
	}
}
