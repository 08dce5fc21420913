// Package enginetest provides a small fake cloud and Pulumi programs for it, for tests of the engine and of
// packages that use it.
package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// protectionKey is the boolean property that protects an object from deletion.
const protectionKey = "disableApiTermination"

// Cloud is a fake cloud whose objects have any type and any properties. A change of the property "zone" replaces
// an object; any other change updates it. Set the fields before the first operation; the methods may be called
// concurrently.
type Cloud struct {
	// BeforeCreate is called before an object with a name is created. An error makes the creation fail. Its
	// context is canceled when the engine cancels the operation. Optional.
	BeforeCreate func(ctx context.Context, name string) error
	// AfterRead may modify the properties that a read returns. Optional.
	AfterRead func(properties resource.PropertyMap)

	mu             sync.Mutex
	objects        map[string]Object
	created        int
	configurations []resource.PropertyMap
	providers      int
}

// Object is an object in the cloud.
type Object struct {
	Type, ID   string
	Properties resource.PropertyMap
}

// Name returns the object's property "name".
func (o Object) Name() string { return o.Properties["name"].StringValue() }

// NewCloud returns a cloud without objects.
func NewCloud() *Cloud { return &Cloud{objects: map[string]Object{}} }

// Objects returns the objects in the cloud, sorted by name.
func (c *Cloud) Objects() []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.objects), func(a, b Object) int { return cmp.Compare(a.Name(), b.Name()) })
}

// Names returns the names of the objects in the cloud, sorted.
func (c *Cloud) Names() []string {
	names := []string{}
	for _, object := range c.Objects() {
		names = append(names, object.Name())
	}
	return names
}

// Edit calls edit for each object, to change the cloud without the engine's knowledge. Objects for which edit
// returns false are deleted.
func (c *Cloud) Edit(edit func(name string, properties resource.PropertyMap) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.objects, func(_ string, object Object) bool { return !edit(object.Name(), object.Properties) })
}

// Configurations returns the configurations that providers have received, in order.
func (c *Cloud) Configurations() []resource.PropertyMap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.configurations)
}

// Providers returns the number of calls of NewProvider.
func (c *Cloud) Providers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.providers
}

// Resource is a resource that a program declares.
type Resource struct {
	pulumi.CustomResourceState
	Size pulumi.StringOutput `pulumi:"size"`
}

// Declare declares a resource of any type with the property "name" and other properties.
func Declare(
	ctx *pulumi.Context, token, name string, properties pulumi.Map, opts ...pulumi.ResourceOption,
) (*Resource, error) {
	declared, inputs := &Resource{}, pulumi.Map{"name": pulumi.String(name)}
	maps.Copy(inputs, properties)
	return declared, ctx.RegisterResource(token, name, inputs, declared, append(opts, pulumi.Version("6.83.2"))...)
}

// Pair returns a program that declares the resources "first" and "second", which depends on "first", and exports
// the size of "first".
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

// Chain returns a program that declares things called "thing-1", "thing-2" and so on, each of which depends on the one
// before.
func Chain(length int) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var before []pulumi.Resource
		for i := range length {
			thing, err := Declare(ctx, "aws:test/thing:Thing", fmt.Sprintf("thing-%d", i+1),
				pulumi.Map{"size": pulumi.String("s")}, pulumi.DependsOn(before))
			if err != nil {
				return err
			}
			before = []pulumi.Resource{thing}
		}
		return nil
	}
}

// Directory returns a new directory with a Pulumi.yaml and a Pulumi.dev.yaml of these contents.
func Directory(t *testing.T, project, dev string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(project), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), []byte(dev), 0o600))
	return dir
}
