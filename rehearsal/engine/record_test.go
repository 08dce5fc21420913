package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

var randomID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// A stack without a state file has the same state after each operation as one with a state file, to which the engine
// writes the whole state.
func TestStack_sameStateWithoutFile(t *testing.T) {
	t.Parallel()
	inFile, inMemory := statesOf(t, filepath.Join(t.TempDir(), "state.json")), statesOf(t, "")
	for i := range inFile {
		require.Equal(t, inFile[i], inMemory[i], "operation %d", i)
	}
}

// statesOf runs operations of all kinds, some of which fail, and returns the state after each as JSON, without times and
// the random IDs of providers.
func statesOf(t *testing.T, statePath string) []string {
	t.Helper()
	c, p, fail := enginetest.NewCloud(), &program{}, false
	c.BeforeCreate = func(_ context.Context, name string) error {
		if fail && name == "second" {
			return errRefused
		}
		return nil
	}
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", StatePath: statePath, Run: p.run, Provider: c.NewProvider,
		Parallel: 1, // resources are in the state in the order in which they were created
	})
	require.NoError(t, err)
	var states []string
	after := func(operation func(context.Context) *engine.Result, succeeds bool) {
		t.Helper()
		require.Equal(t, succeeds, operation(context.Background()).Err == nil)
		state := *s.State()
		state.Manifest, state.Resources = apitype.ManifestV1{}, slices.Clone(state.Resources)
		for i := range state.Resources {
			state.Resources[i].Created, state.Resources[i].Modified = nil, nil
		}
		text, err := json.MarshalIndent(state, "", " ")
		require.NoError(t, err)
		states = append(states, randomID.ReplaceAllString(string(text), "ID"))
	}

	fail, p.body = true, chain("s", "z")
	after(s.Up, false)
	fail = false
	after(s.Up, true)
	after(s.Up, true)
	p.body = chain("m", "z") // update
	after(s.Up, true)
	p.body = chain("m", "y") // replace
	after(s.Up, true)
	c.Edit(func(name string, properties resource.PropertyMap) bool {
		properties["size"] = resource.NewProperty("z")
		return name == "first"
	})
	after(s.Refresh, true)
	p.body = func(*pulumi.Context) error { return errRefused }
	after(s.Up, false)
	p.body = chain("m", "y")
	after(s.Up, true)
	after(s.Destroy, true)
	return states
}

// chain returns a program like enginetest.Pair, without outputs of the stack: while a creation fails, they may or may not
// be registered.
func chain(size, zone string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		properties := pulumi.Map{"size": pulumi.String(size), "zone": pulumi.String(zone)}
		first, err := enginetest.Declare(ctx, "aws:test/thing:Thing", "first", properties)
		if err != nil {
			return err
		}
		_, err = enginetest.Declare(ctx, "aws:test/thing:Thing", "second", nil, pulumi.DependsOn([]pulumi.Resource{first}))
		return err
	}
}

// TestStack_linear checks that the allocations of operations grow with the number of resources, and not faster.
//
//nolint:paralleltest // it counts the allocations of the process
func TestStack_linear(t *testing.T) {
	count := func(resources int) float64 {
		s, _ := open(t, enginetest.NewCloud(), func(ctx *pulumi.Context) error {
			for i := range resources {
				if _, err := enginetest.Declare(ctx, "aws:test/thing:Thing", fmt.Sprint("thing-", i), nil); err != nil {
					return err
				}
			}
			return nil
		})
		return testing.AllocsPerRun(1, func() {
			require.NoError(t, s.Up(context.Background()).Err)
			require.NoError(t, s.Destroy(context.Background()).Err)
		})
	}
	few, many := count(20), count(160)
	require.Less(t, many, 10*few)
}
