package trials

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// documentedTypes are the names of resource types in docs/configuration.md. Types that are missing here
// are part of another resource, such as the rules of a security group, and are not documented.
var documentedTypes = map[string]string{
	"DefaultSecurityGroup":  "default security group",
	"Instance":              "instances",
	"InstanceProfile":       "instance profile",
	"Key":                   "key",
	"LogGroup":              "log group",
	"Role":                  "role",
	"RouteTable":            "route tables",
	"RouteTableAssociation": "route table associations",
	"SecurityGroup":         "security groups",
	"Subnet":                "subnets",
	"Vpc":                   "VPC",
	"VpcEndpoint":           "endpoints",
}

// undocumentedTypes are the types that may be replaced without being documented.
var undocumentedTypes = []string{
	"KeyPair", "RolePolicy", "RolePolicyAttachment", "SecurityGroupEgressRule", "SecurityGroupIngressRule",
}

// keyEffects are the effects of changes of a configuration key, with the names of types in
// docs/configuration.md.
type keyEffects struct{ replaces, restarts, createsOrDeletes []string }

// effectsOf returns the effects of all changes of a key that the documentation lists.
func effectsOf(t *testing.T, key string) keyEffects {
	t.Helper()
	var replaces, restarts, createsOrDeletes []string
	for _, c := range changes() {
		if c.key != key {
			continue
		}
		for _, line := range c.want {
			resource, verbs, _ := strings.Cut(line, ": ")
			kind, _, _ := strings.Cut(resource, " ")
			name := documentedTypes[kind]
			switch {
			case strings.Contains(verbs, "recreate"):
				require.True(t, name != "" || slices.Contains(undocumentedTypes, kind), "%s: document %s", key, kind)
				replaces = append(replaces, name)
			case verbs == "restart":
				restarts = append(restarts, name)
			case (verbs == "create" || verbs == "delete") && (kind == "Instance" || kind == "Subnet"):
				createsOrDeletes = append(createsOrDeletes, name)
			}
		}
	}
	return keyEffects{sortedNames(replaces), sortedNames(restarts), sortedNames(createsOrDeletes)}
}

// sortedNames returns each name once, sorted, without empty ones.
func sortedNames(names []string) []string {
	sorted := []string{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if name != "" {
			sorted = append(sorted, name)
		}
	}
	return sorted
}

// documentedEffects reads the table "What replaces what" in docs/configuration.md, by key.
func documentedEffects(t *testing.T) map[string]keyEffects {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(stacktest.Root(), "docs", "configuration.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(content), "\n## What replaces what\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")

	effects := map[string]keyEffects{}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		require.Len(t, cells, 5, line)
		row := keyEffects{names(cells[1]), names(cells[2]), names(cells[3])}
		for _, match := range regexp.MustCompile("`(.*?)`").FindAllStringSubmatch(cells[0], -1) {
			if other, ok := effects[match[1]]; ok {
				require.Equal(t, other, row, "two rows for %s", match[1])
			}
			effects[match[1]] = row
		}
	}
	return effects
}

// names splits a cell of the table into the names of types.
func names(cell string) []string {
	return sortedNames(strings.Split(strings.TrimSpace(cell), ", "))
}

// docs/configuration.md lists what each key replaces, restarts, and creates or deletes.
func TestDocs_whatReplacesWhat(t *testing.T) {
	t.Parallel()
	documented := documentedEffects(t)
	for key := range documented {
		require.Contains(t, values, key, "the table has an unknown key")
	}
	for key := range values {
		want, ok := documented[key]
		if !ok {
			want = keyEffects{[]string{}, []string{}, []string{}}
		}
		require.Equal(t, want, effectsOf(t, key), key)
	}
}

// changedKeys are the keys of all changes.
func changedKeys() map[string]bool {
	keys := map[string]bool{}
	for _, c := range changes() {
		keys[c.key] = true
	}
	return keys
}

// Every change is a change of a key in Pulumi.yaml or of the provider's default tags.
func TestChanges_keys(t *testing.T) {
	t.Parallel()
	for _, c := range changes() {
		if c.key != "aws:defaultTags" {
			require.Contains(t, values, c.key, c.title())
		}
		require.Contains(t, c.to, c.key, c.title())
	}
}

// A zone that is added or removed does not affect the resources of other zones.
func TestChanges_zones(t *testing.T) {
	t.Parallel()
	zonal := regexp.MustCompile(`-([a-z])(-\d+)?: `)
	affected := map[string]string{
		"with a second zone": "c", "with a third zone": "d", "without the last zone": "c", "without the first zone": "a",
		"with another zone instead": "ac", "in a different order": "",
	}
	for _, c := range changes() {
		if c.key != "zones" {
			continue
		}
		zones, known := affected[c.name]
		require.True(t, known, c.title())
		delete(affected, c.name)
		for _, line := range c.want {
			if zone := zonal.FindStringSubmatch(line); zone != nil {
				require.Contains(t, zones, zone[1], "%s: %s", c.title(), line)
				require.NotContains(t, line, "recreate")
			}
		}
	}
	require.Empty(t, affected)
}

// Changes of policies, tags and session settings replace and restart no instance of the stack.
func TestChanges_keepInstances(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"endpointPolicy", "s3Buckets", "endpointIngress", "instanceEgress", "forwardTo", "sessionPrincipals", "requireMfa",
		"sessionTargets", "targetTags", "targetInstanceIds", "agentRoleNames", "sessionDocuments", "sessionRoleName", "aws:defaultTags", "instancePolicy", "permissionsBoundary",
		"organizationId", "mfaMaxAgeMinutes", "sessionLogs", "sessionEncryption", "sessionLogDays", "sessionIdleMinutes",
		"sessionMaxMinutes", "flowLogDays",
	} {
		require.True(t, changedKeys()[key], key)
		for _, c := range changes() {
			for _, line := range c.want {
				if c.key == key && strings.HasPrefix(line, "Instance instances-") {
					require.Equal(t, instanceUpdated, line, c.title())
				}
			}
		}
	}
}
