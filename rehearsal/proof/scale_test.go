package proof_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

// manyInstances returns the state of a stack with count copies of each of its instances. The policies that list the
// instances list all copies.
func manyInstances(t *testing.T, base *apitype.DeploymentV3, count int) *apitype.DeploymentV3 {
	t.Helper()
	d := clone(base)
	ids := map[string][]string{}
	for _, r := range base.Resources {
		if kindOf(&r) != "Instance" {
			continue
		}
		for n := range count {
			one := r
			id := fmt.Sprintf("%s%04d", r.ID[:len(r.ID)-4], n)
			text, err := json.Marshal(r)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), string(r.ID), id)), &one))
			one.URN = r.URN.Rename(fmt.Sprintf("%s-%d", r.URN.Name(), n))
			d.Resources = append(d.Resources, one)
			ids[string(r.ID)] = append(ids[string(r.ID)], id)
		}
	}
	for i := range d.Resources {
		r := &d.Resources[i]
		if kindOf(r) != "RolePolicy" {
			continue
		}
		text, _ := r.Outputs["policy"].(string)
		for id, copies := range ids {
			_, after, found := strings.Cut(text, id+`"`)
			if !found {
				continue
			}
			at := len(text) - len(after)
			start := strings.LastIndex(text[:at], `"arn:`)
			for _, one := range copies {
				after = `,` + text[start:at-len(id)-1] + one + `"` + after
			}
			text = text[:at] + after
		}
		set("policy", text)(d, r)
	}
	return d
}

// TestCheck_manyInstances checks that the copies do not change what is proven.
func TestCheck_manyInstances(t *testing.T) {
	t.Parallel()
	base := deployed(t, "prod", nil)
	require.Equal(t, failing(claimsOf(t, base), ""), failing(claimsOf(t, manyInstances(t, base, 20)), ""))
}

// TestCheck_linear checks that the number of allocations grows with the number of instances, and not faster.
//
//nolint:paralleltest // it counts the allocations of the process
func TestCheck_linear(t *testing.T) {
	base := deployed(t, "prod", nil)
	count := func(copies int) float64 {
		deployment := manyInstances(t, base, copies)
		return testing.AllocsPerRun(1, func() { claimsOf(t, deployment) })
	}
	few, many := count(10), count(80)
	require.Less(t, many, 10*few)
}
