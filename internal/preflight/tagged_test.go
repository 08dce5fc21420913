package preflight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// byFilter returns the filters of a lookup of instances.
func byFilter(name string, all ...string) pulumitest.List {
	texts := pulumitest.List{}
	for _, text := range all {
		texts = append(texts, text)
	}
	return pulumitest.List{pulumitest.Map{"name": name, "values": texts}}
}

// teamPatterns match the key "team" in other cases.
var teamPatterns = []string{"TEAM", "?eam", "??am", "?e?m", "?ea?"}

// keyInOtherCase returns the answers of an account in which an instance has tags whose keys differ from those of the
// configuration in their case only.
func keyInOtherCase(id string, tags pulumitest.Map) []pulumitest.Answer {
	return append(accountWith(nil, target(id, func(t *pulumitest.Target) { t.Tags = tags })),
		pulumitest.FoundInstances(nil, byFilter("tag-key", teamPatterns...), id), pulumitest.FoundInstances(nil, byFilter("vpc-id", pulumitest.VPC), id))
}

// elsewhere returns the answers of an account in which web1 has the tag, and web2 is in another VPC and has it with the
// key in another case.
func elsewhere() []pulumitest.Answer {
	return append(accountWith([]string{web1}, target(web1, nil), target(web2, func(t *pulumitest.Target) {
		t.Subnet, t.Tags = "subnet-22222222", pulumitest.Map{"TEAM": "db"}
	})), pulumitest.Tokyo().Subnet("subnet-22222222", "vpc-22222222", "a", "10.7.0.0/24", 10))
}

// An instance that has the tags with keys in another case is a target, because IAM ignores the case.
func TestResolve_keysInOtherCase(t *testing.T) {
	t.Parallel()
	plan, diags, result := resolve(t, pulumitest.Update, withoutInstances(nil), keyInOtherCase(web2, pulumitest.Map{"Team": "db"})...)
	require.NoError(t, result.Err)
	require.Empty(t, diags)
	require.Len(t, plan.Targets, 1)
	require.Equal(t, web2, plan.Targets[0].ID)
}

// An instance must have all tags, each in any case.
func TestResolve_severalTags(t *testing.T) {
	t.Parallel()
	answers := append(accountWith(nil, target(web1, func(t *pulumitest.Target) { t.Tags = pulumitest.Map{"Team": "db", "env": "prod"} }),
		target(web2, func(t *pulumitest.Target) { t.Tags = pulumitest.Map{"team": "db", "env": "test"} })),
		pulumitest.FoundInstances(nil, byFilter("vpc-id", pulumitest.VPC), web1, web2),
		pulumitest.FoundInstances(nil, byFilter("tag-key", "team"), web2), pulumitest.FoundInstances(nil, byFilter("tag-key", "env"), web1, web2),
		pulumitest.FoundInstances(nil, byFilter("tag-key", teamPatterns...), web1, web2),
		pulumitest.FoundInstances(nil, byFilter("tag-key", "ENV", "?nv", "??v", "?n?"), web1, web2),
		pulumitest.FoundInstances(pulumitest.Map{"team": "db"}, nil, web2), pulumitest.FoundInstances(pulumitest.Map{"env": "prod"}, nil, web1))
	plan, diags, result := resolve(t, pulumitest.Update, withoutInstances(values{"targetTags": list("team=db", "env=prod")}), answers...)
	require.NoError(t, result.Err)
	require.Empty(t, diags)
	require.Len(t, plan.Targets, 1)
	require.Equal(t, web1, plan.Targets[0].ID)
	require.Empty(t, plan.LookupWarnings)
}
