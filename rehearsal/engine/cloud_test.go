package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
)

// cloud is the account of the tests. It holds things: a thing has a size, whose
// change is an update, and a zone, whose change is a replacement.
type cloud struct {
	mu     sync.Mutex
	things map[string]resource.PropertyMap
	made   int
	// creating, if set, is asked before each creation.
	creating func(ctx context.Context, name string) error
	// configs are the configurations of the providers, in order.
	configs []resource.PropertyMap
	objects int
}

func newCloud() *cloud { return &cloud{things: map[string]resource.PropertyMap{}} }

// names returns the names of the things that exist.
func (c *cloud) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{}
	for _, thing := range c.things {
		names = append(names, thing["name"].StringValue())
	}
	slices.Sort(names)
	return names
}

// provider returns a provider object of the cloud.
func (c *cloud) provider() plugin.Provider {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.objects++
	cancelled, cancel := context.WithCancel(context.Background())
	return &deploytest.Provider{
		Package: "aws", Version: semver.MustParse("6.83.2"),
		CancelF: func() error { cancel(); return nil },
		ConfigureF: func(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.configs = append(c.configs, r.Inputs)
			return plugin.ConfigureResponse{}, nil
		},
		CreateF: func(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
			return c.create(cancelled, r)
		},
		DiffF:   func(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) { return diff(r), nil },
		UpdateF: func(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) { return c.update(r) },
		ReadF:   func(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) { return c.read(r) },
		DeleteF: func(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.things, string(r.ID))
			return plugin.DeleteResponse{}, nil
		},
	}
}

func (c *cloud) create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if r.Preview {
		return plugin.CreateResponse{Properties: r.Properties}, nil
	}
	if c.creating != nil {
		if err := c.creating(ctx, r.URN.Name()); err != nil {
			return plugin.CreateResponse{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	id := fmt.Sprintf("thing-%d", c.made)
	c.things[id] = r.Properties.Copy()
	return plugin.CreateResponse{ID: resource.ID(id), Properties: r.Properties}, nil
}

func (c *cloud) update(r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if !r.Preview {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.things[string(r.ID)] = r.NewInputs.Copy()
	}
	return plugin.UpdateResponse{Properties: r.NewInputs}, nil
}

func (c *cloud) read(r plugin.ReadRequest) (plugin.ReadResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	thing, ok := c.things[string(r.ID)]
	if !ok {
		return plugin.ReadResponse{}, nil
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: r.ID, Inputs: maps.Clone(thing), Outputs: maps.Clone(thing),
	}}, nil
}

func diff(r plugin.DiffRequest) plugin.DiffResponse {
	found := plugin.DiffResponse{Changes: plugin.DiffNone}
	for _, key := range []resource.PropertyKey{"name", "size", "zone"} {
		if r.OldInputs[key].DeepEquals(r.NewInputs[key]) {
			continue
		}
		kind := plugin.DiffUpdate
		if key == "zone" {
			kind = plugin.DiffUpdateReplace
			found.ReplaceKeys = append(found.ReplaceKeys, key)
		}
		found.Changes = plugin.DiffSome
		found.ChangedKeys = append(found.ChangedKeys, key)
		if found.DetailedDiff == nil {
			found.DetailedDiff = map[string]plugin.PropertyDiff{}
		}
		found.DetailedDiff[string(key)] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return found
}

// thing is a resource of the tests.
type thing struct {
	pulumi.CustomResourceState
	Size pulumi.StringOutput `pulumi:"size"`
}

// newThing declares a thing.
func newThing(
	ctx *pulumi.Context, name, size, zone string, opts ...pulumi.ResourceOption,
) (*thing, error) {
	declared := &thing{}
	return declared, ctx.RegisterResource("aws:test/thing:Thing", name, pulumi.Map{
		"name": pulumi.String(name), "size": pulumi.String(size), "zone": pulumi.String(zone),
	}, declared, append(opts, pulumi.Version("6.83.2"))...)
}

// pair declares two things, the second of which depends on the first.
func pair(size, zone string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		first, err := newThing(ctx, "first", size, zone)
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "second", "s", "z", pulumi.DependsOn([]pulumi.Resource{first}))
		ctx.Export("size", first.Size)
		return err
	}
}

// projectFile is the Pulumi.yaml of the tests.
const projectFile = `name: test
runtime: go
config:
  count: {type: integer, default: 1}
  flag: {type: boolean, default: true}
  name: {type: string, default: none}
  zones: {type: array, items: {type: string}, default: [a]}
`

// directory makes a project with a stack dev.
func directory(t *testing.T, project, dev string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(project), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), []byte(dev), 0o600))
	return dir
}

// program is a program that a test can swap.
type program struct{ body pulumi.RunFunc }

func (p *program) run(in engine.Invocation) error { return engine.InProcess(p.body)(in) }

// open opens the stack dev with a program that runs in this process.
func open(t *testing.T, c *cloud, body pulumi.RunFunc) (*engine.Stack, *program) {
	t.Helper()
	p := &program{body}
	s, err := engine.Open(engine.Options{
		Dir: directory(t, projectFile, "config:\n  aws:region: eu-west-1\n"), Stack: "dev",
		Run: p.run, Provider: c.provider,
	})
	require.NoError(t, err)
	return s, p
}

// errRefused is what a cloud says that refuses.
var errRefused = errors.New("refused: no room left")
