package trials

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// replaces is one row of the README's table "What replaces what", and what the changes of each of its keys must have done
// for the row to be true.
type replaces struct {
	change, text string
	effects      []string
}

// keys are those that a row names.
func (r replaces) keys() []string {
	var keys []string
	for _, match := range regexp.MustCompile("`(.*?)`").FindAllStringSubmatch(r.change, -1) {
		keys = append(keys, match[1])
	}
	return keys
}

var readme = []replaces{
	{
		"`vpcCidr`",
		"everything in the VPC is replaced",
		[]string{
			"DefaultSecurityGroup replaced", "Instance replaced", "RouteTable replaced", "RouteTableAssociation replaced",
			"SecurityGroup replaced", "Subnet replaced", "Vpc replaced", "VpcEndpoint replaced",
		},
	},
	{
		"`zones`, `instancesPerZone`",
		"zones and instances come or go; the others stay as they are. The endpoints change in place",
		[]string{"Instance comes", "Instance goes"},
	},
	{
		"`appSubnetCidrs`",
		"the subnet and the instances of the zone are replaced, and in the `shared` layout all interface endpoints",
		[]string{"Instance replaced", "RouteTableAssociation replaced", "Subnet replaced", "VpcEndpoint replaced"},
	},
	{
		"`privatelinkSubnetCidrs`",
		"the zone's subnet and all interface endpoints are replaced: no sessions for some minutes",
		[]string{"RouteTableAssociation replaced", "Subnet replaced", "VpcEndpoint replaced"},
	},
	{
		"`subnetLayout`",
		"all interface endpoints are replaced, and with `separate` to `shared` the privatelink subnets go",
		[]string{"Subnet comes", "Subnet goes", "VpcEndpoint replaced"},
	},
	{
		"`os`, `amiId`, `keyName`, `sshPublicKey`, `rootVolumeEncrypted`, `rootVolumeKmsKey`",
		"the instances are replaced",
		[]string{"Instance replaced"},
	},
	{
		"`instanceType`",
		"the instances restart; another architecture, or other support of EBS optimisation, replaces them",
		[]string{"Instance replaced", "Instance restarts"},
	},
	{
		"`installLatestAgent`",
		"turned on, the instances restart, without running the script; turned off, nothing changes",
		[]string{"Instance restarts"},
	},
	{
		"`namePrefix`",
		"both security groups are replaced; instances and endpoints move to the new ones in place. " +
			"Sessions are recorded to a new log group and encrypted with a new key; the old ones are kept",
		[]string{"Key replaced", "LogGroup replaced", "SecurityGroup replaced"},
	},
	{
		"`sessionLogs`, `sessionEncryption`",
		"what is turned off stays in the account with its records, and leaves the stack; turned on again, it is made anew. " +
			"The instances stay",
		nil,
	},
	{
		"`sessionEncryption`, `sessionIdleMinutes`, `sessionMaxMinutes`, `sessionLogDays`, `mfaMaxAgeMinutes`",
		"sessions that are open go on as they began",
		nil,
	},
	{
		"`flowLogDays` back to 0",
		"the flow logs are deleted",
		nil,
	},
	{
		"`instancePolicy`, `permissionsBoundary`, `detailedMonitoring`, `organizationId`",
		"nothing is replaced or restarted",
		nil,
	},
	{
		"`instanceRoleName`",
		"role and profile are replaced; the instances change to the new profile in place",
		[]string{"InstanceProfile replaced", "Role replaced"},
	},
	{
		"`sessionRoleName`",
		"the session role is replaced, so its ARN changes",
		[]string{"Role replaced"},
	},
}

// parts are types that say nothing by themselves: they are parts of what they belong to.
var parts = []string{"SecurityGroupIngressRule", "SecurityGroupEgressRule", "RolePolicy", "RolePolicyAttachment", "KeyPair"}

// effects are what the changes of a key replace, restart, add and take away, of what the README speaks of.
func effects(key string) []string {
	found := map[string]bool{}
	for _, c := range changes() {
		if c.key != key {
			continue
		}
		for _, line := range c.want {
			resource, verbs, _ := strings.Cut(line, ": ")
			kind, _, _ := strings.Cut(resource, " ")
			listed := kind == "Instance" || kind == "Subnet"
			switch {
			case slices.Contains(parts, kind):
			case strings.Contains(verbs, "recreate"):
				found[kind+" replaced"] = true
			case verbs == "restart":
				found[kind+" restarts"] = true
			case verbs == "create" && listed:
				found[kind+" comes"] = true
			case verbs == "delete" && listed:
				found[kind+" goes"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestReadme_whatReplacesWhat holds the README's table against what the changes have done: it lists every key that replaces
// or restarts anything, or adds and takes away instances and subnets, and no other.
func TestReadme_whatReplacesWhat(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(), "README.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "### What replaces what\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")

	var rows, want [][2]string
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		rows = append(rows, [2]string{row[1], row[2]})
	}
	listed := map[string][]string{}
	for _, row := range readme {
		want = append(want, [2]string{row.change, row.text})
		for _, key := range row.keys() {
			listed[key] = row.effects
		}
	}
	require.Equal(t, want, rows, "the README's rows, which this test must know")
	for key := range tried() {
		effect := effects(key)
		switch {
		case key == "zones":
			// With a zone come and go its subnets.
			require.Subset(t, effect, listed[key], key)
			require.Empty(t, slices.DeleteFunc(effect, func(e string) bool {
				return strings.HasSuffix(e, " comes") || strings.HasSuffix(e, " goes")
			}), key)
		case len(listed[key]) == 0:
			require.Empty(t, effect, "%s is not in the README", key)
		default:
			require.Equal(t, listed[key], effect, key)
		}
	}
}

// tried are the keys of all changes.
func tried() map[string]bool {
	keys := map[string]bool{}
	for _, c := range changes() {
		keys[c.key] = true
	}
	return keys
}

// Every key of Pulumi.yaml is changed, and nothing that is no key.
func TestChanges_ofEveryKey(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(stacktest.Root(), "Pulumi.yaml"))
	require.NoError(t, err)
	keys := slices.Sorted(maps.Keys(project.Config))
	got := tried()
	delete(got, "aws:defaultTags")
	require.Equal(t, keys, slices.Sorted(maps.Keys(got)))
	for _, c := range changes() {
		require.Contains(t, c.to, c.key, c.title())
	}
}

// A zone that comes or goes touches nothing of the others.
func TestChanges_ofZones(t *testing.T) {
	t.Parallel()
	ofZone := regexp.MustCompile(`-([a-z])(-\d+)?: `)
	cases := map[string]string{
		"one more": "c", "a third": "d", "the last goes": "c", "the first goes": "a", "one for another": "ac", "in another order": "",
	}
	for _, c := range changes() {
		if c.key != "zones" {
			continue
		}
		touched, known := cases[c.name]
		require.True(t, known, c.title())
		delete(cases, c.name)
		for _, line := range c.want {
			if zone := ofZone.FindStringSubmatch(line); zone != nil {
				require.Contains(t, touched, zone[1], "%s: %s", c.title(), line)
				require.NotContains(t, line, "recreate")
			}
		}
	}
	require.Empty(t, cases)
}

// No change of a policy, a tag or a setting of sessions replaces or restarts an instance.
func TestChanges_thatLeaveInstancesAlone(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"endpointPolicy", "s3Buckets", "endpointIngress", "instanceEgress", "forwardTo", "sessionPrincipals", "requireMfa",
		"sessionTargets", "sessionDocuments", "sessionRoleName", "aws:defaultTags", "instancePolicy", "permissionsBoundary",
		"organizationId", "mfaMaxAgeMinutes", "sessionLogs", "sessionEncryption", "sessionLogDays", "sessionIdleMinutes",
		"sessionMaxMinutes", "flowLogDays",
	} {
		require.True(t, tried()[key], key)
		for _, c := range changes() {
			for _, line := range c.want {
				if c.key == key && strings.HasPrefix(line, "Instance ") {
					require.Equal(t, updated, line, c.title())
				}
			}
		}
	}
}
