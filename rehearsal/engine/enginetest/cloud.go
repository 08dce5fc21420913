// Package enginetest gives tests of the engine, and of what is built on it, a small
// account and programs for it.
package enginetest

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
)

// protection is the property of things that cannot be deleted while it is true.
const protection = "disableApiTermination"

// Cloud is an account that holds things of any type with any properties. A change
// of the property zone replaces a thing, any other change updates it. All that the
// fields do not say may be used concurrently.
type Cloud struct {
	// Creating, if set, is asked before each creation. Its context ends when the
	// engine cancels the operation.
	Creating func(ctx context.Context, name string) error
	// Reading, if set, changes what is found of a thing.
	Reading func(properties resource.PropertyMap)

	mu      sync.Mutex
	things  map[string]Thing
	made    int
	configs []resource.PropertyMap
	objects int
}

// Thing is what an account holds.
type Thing struct {
	Type, ID   string
	Properties resource.PropertyMap
}

// Name returns the property name of a thing.
func (t Thing) Name() string { return t.Properties["name"].StringValue() }

// NewCloud returns an empty account.
func NewCloud() *Cloud { return &Cloud{things: map[string]Thing{}} }

// Things returns what the account holds, by name.
func (c *Cloud) Things() []Thing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.things), func(a, b Thing) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
}

// Names returns the names of the things that the account holds, in order.
func (c *Cloud) Names() []string {
	names := []string{}
	for _, thing := range c.Things() {
		names = append(names, thing.Name())
	}
	return names
}

// Edit changes things behind the engine's back. A thing is deleted where edit
// returns false.
func (c *Cloud) Edit(edit func(name string, properties resource.PropertyMap) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.things, func(_ string, thing Thing) bool { return !edit(thing.Name(), thing.Properties) })
}

// Configurations returns those that providers were given, in order.
func (c *Cloud) Configurations() []resource.PropertyMap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.configs)
}

// Providers returns how many provider objects were made.
func (c *Cloud) Providers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects
}

// NewProvider returns a new provider of the account.
func (c *Cloud) NewProvider() plugin.Provider {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.objects++
	running, cancel := context.WithCancel(context.Background())
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
			return c.create(running, r)
		},
		DiffF:   func(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) { return diff(r), nil },
		UpdateF: func(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) { return c.update(r) },
		ReadF:   func(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) { return c.read(r) },
		DeleteF: func(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) { return c.delete(r) },
	}
}

func (c *Cloud) create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if r.Preview {
		return plugin.CreateResponse{Properties: r.Properties}, nil
	}
	if c.Creating != nil {
		if err := c.Creating(ctx, r.URN.Name()); err != nil {
			return plugin.CreateResponse{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	id := fmt.Sprintf("thing-%d", c.made)
	c.things[id] = Thing{Type: string(r.URN.Type()), ID: id, Properties: r.Properties.Copy()}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: r.Properties}, nil
}

func (c *Cloud) update(r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if !r.Preview {
		c.mu.Lock()
		defer c.mu.Unlock()
		thing := c.things[string(r.ID)]
		thing.Properties = r.NewInputs.Copy()
		c.things[string(r.ID)] = thing
	}
	return plugin.UpdateResponse{Properties: r.NewInputs}, nil
}

func (c *Cloud) read(r plugin.ReadRequest) (plugin.ReadResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	thing, ok := c.things[string(r.ID)]
	if !ok {
		return plugin.ReadResponse{}, nil
	}
	found := thing.Properties.Copy()
	if c.Reading != nil {
		c.Reading(found)
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: r.ID, Inputs: found, Outputs: found.Copy()}}, nil
}

func (c *Cloud) delete(r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	thing := c.things[string(r.ID)]
	if guarded := thing.Properties[protection]; guarded.IsBool() && guarded.BoolValue() {
		return plugin.DeleteResponse{}, errors.New("protected from termination")
	}
	delete(c.things, string(r.ID))
	return plugin.DeleteResponse{}, nil
}

// diff compares the properties one by one.
func diff(r plugin.DiffRequest) plugin.DiffResponse {
	found := plugin.DiffResponse{Changes: plugin.DiffNone}
	keys := map[resource.PropertyKey]bool{}
	for key := range r.OldInputs {
		keys[key] = true
	}
	for key := range r.NewInputs {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
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

// Resource is a thing that a program declares.
type Resource struct {
	pulumi.CustomResourceState
	Size pulumi.StringOutput `pulumi:"size"`
}

// Declare declares a thing of a type, named name, with properties.
func Declare(
	ctx *pulumi.Context, kind, name string, properties pulumi.Map, opts ...pulumi.ResourceOption,
) (*Resource, error) {
	declared, inputs := &Resource{}, pulumi.Map{"name": pulumi.String(name)}
	maps.Copy(inputs, properties)
	return declared, ctx.RegisterResource(kind, name, inputs, declared, append(opts, pulumi.Version("6.83.2"))...)
}

// Pair declares two things, the second of which depends on the first, and exports
// the first one's size.
func Pair(size, zone string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		first, err := Declare(ctx, "aws:test/thing:Thing", "first",
			pulumi.Map{"size": pulumi.String(size), "zone": pulumi.String(zone)})
		if err != nil {
			return err
		}
		_, err = Declare(ctx, "aws:test/thing:Thing", "second",
			pulumi.Map{"size": pulumi.String("s")}, pulumi.DependsOn([]pulumi.Resource{first}))
		ctx.Export("size", first.Size)
		return err
	}
}

// Directory makes a directory with a Pulumi.yaml and the file of a stack dev.
func Directory(t *testing.T, project, dev string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(project), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), []byte(dev), 0o600))
	return dir
}
