package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// changes returns the steps that change something, as text.
func changes(r *engine.Result) []string {
	texts := []string{}
	for _, step := range r.Changed() {
		texts = append(texts, step.String())
	}
	return texts
}

// stepsOf returns the steps of the resource with a name.
func stepsOf(r *engine.Result, name string) []engine.Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s engine.Step) bool { return s.URN.Name() != name })
}

func TestStack_lifecycle(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, _ := open(t, c, enginetest.Pair("s", "z"))

	preview := s.Preview(ctx)
	require.NoError(t, preview.Err)
	require.Equal(t, map[string]int{"create": 3}, preview.Changes)
	require.Empty(t, c.Names())
	require.Empty(t, s.State().Resources)

	up := s.Up(ctx)
	require.NoError(t, up.Err)
	require.Equal(t, map[string]int{"create": 3}, up.Changes)
	require.Equal(t, []string{"first", "second"}, c.Names())
	require.Less(t, stepsOf(up, "first")[0].End, stepsOf(up, "second")[0].Start)
	require.Equal(t, "s", s.State().Resources[0].Outputs["size"])

	again := s.Up(ctx)
	require.NoError(t, again.Err)
	require.Equal(t, map[string]int{"same": 3}, again.Changes)
	require.Empty(t, again.Changed())

	refresh := s.Refresh(ctx)
	require.NoError(t, refresh.Err)
	require.Equal(t, map[string]int{"same": 3}, refresh.Changes)
	require.Empty(t, refresh.Changed())

	destroy := s.Destroy(ctx)
	require.NoError(t, destroy.Err)
	require.Equal(t, map[string]int{"delete": 3}, destroy.Changes)
	require.Less(t, stepsOf(destroy, "second")[0].End, stepsOf(destroy, "first")[0].Start)
	require.Empty(t, c.Names())
	require.Empty(t, s.State().Resources)
}

// A rehearsal does not read the plugins of the user's Pulumi CLI: a directory that it cannot read does no harm.
func TestStack_readsNoPlugins(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "plugins"), nil, 0o600))
	t.Setenv("PULUMI_HOME", home)
	s, _ := open(t, enginetest.NewCloud(), enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(context.Background()).Err)
}

func TestStack_configuresProvider(t *testing.T) {
	t.Parallel()
	c := enginetest.NewCloud()
	s, _ := open(t, c, enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(context.Background()).Err)

	require.Len(t, c.Configurations(), 1)
	require.Equal(t, "eu-west-1", c.Configurations()[0]["region"].StringValue())
	require.Equal(t, 1, c.Providers())
	require.NoError(t, s.Destroy(context.Background()).Err)
	require.Equal(t, 2, c.Providers(), "each operation gets a new provider")
}

func TestStack_update(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, p := open(t, c, enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(ctx).Err)

	p.body = enginetest.Pair("m", "z")
	result := s.Up(ctx)
	require.NoError(t, result.Err)
	require.Equal(t, map[string]int{"same": 2, "update": 1}, result.Changes)
	require.Equal(t, []string{`update aws:test/thing:Thing "first": size: "s" => "m"`}, changes(result))
}

func TestStack_replace(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, p := open(t, c, enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(ctx).Err)

	p.body = enginetest.Pair("s", "y")
	result := s.Up(ctx)
	require.NoError(t, result.Err)
	require.Equal(t, map[string]int{"same": 2, "replace": 1}, result.Changes)
	ops := []string{}
	for _, step := range stepsOf(result, "first") {
		ops = append(ops, step.Op)
	}
	require.Equal(t, []string{engine.OpCreateReplacement, engine.OpReplace, engine.OpDeleteReplaced}, ops)
	require.Equal(t, []string{"zone"}, stepsOf(result, "first")[0].ReplaceKeys)
	require.Equal(t, []string{"zone: \"z\" => \"y\""}, stepsOf(result, "first")[0].Diff)
	require.Equal(t, []string{"first", "second"}, c.Names())
}

func TestStack_refreshFindsDrift(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, _ := open(t, c, enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(ctx).Err)

	c.Edit(func(name string, properties resource.PropertyMap) bool {
		if name == "first" {
			properties["size"] = resource.NewProperty("z")
		}
		return name == "first"
	})
	result := s.Refresh(ctx)
	require.NoError(t, result.Err)
	require.Equal(t, map[string]int{"same": 1, "update": 1, "delete": 1}, result.Changes)
	require.ElementsMatch(t, []string{
		`update aws:test/thing:Thing "first": size: "s" => "z"`,
		`delete aws:test/thing:Thing "second"`,
	}, changes(result))
}

func TestStack_creationFails(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	c.BeforeCreate = func(_ context.Context, name string) error {
		if name == "second" {
			return errRefused
		}
		return nil
	}
	s, _ := open(t, c, enginetest.Pair("s", "z"))

	result := s.Up(ctx)
	require.EqualError(t, result.Err, "BAIL: step executor errored: step application failed: refused: quota exceeded")
	require.Equal(t, `aws:test/thing:Thing "second": refused: quota exceeded`, result.Failure())
	require.Equal(t, map[string]int{"create": 2}, result.Changes)
	require.True(t, stepsOf(result, "second")[0].Failed)
	require.Equal(t, []string{"first"}, c.Names())
	require.Empty(t, s.State().PendingOperations)

	c.BeforeCreate = nil
	result = s.Up(ctx)
	require.NoError(t, result.Err)
	require.Empty(t, result.Failure())
	require.Equal(t, map[string]int{"create": 1, "same": 2}, result.Changes)
	require.NoError(t, s.Destroy(ctx).Err)
	require.Empty(t, c.Names())
}

func TestStack_programFails(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), func(*pulumi.Context) error { return errors.New("two problems:\n  one\n  two") })
	for _, result := range []*engine.Result{s.Preview(context.Background()), s.Up(context.Background())} {
		require.Error(t, result.Err)
		require.Equal(t, []string{
			"an unhandled error occurred: 1 error occurred:\n\t* two problems:\n  one\n  two",
		}, result.Messages("error"))
	}
}

func TestResult_Messages(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), func(ctx *pulumi.Context) error {
		declared, err := enginetest.Declare(ctx, "aws:test/thing:Thing", "first", nil)
		if err != nil {
			return err
		}
		_ = ctx.Log.Debug("a debug message", nil)
		_ = ctx.Log.Info("information", nil)
		return ctx.Log.Warn("a warning", &pulumi.LogArgs{Resource: declared})
	})
	result := s.Up(context.Background())
	require.NoError(t, result.Err)
	require.Contains(t, result.Messages("debug"), "a debug message")
	require.Equal(t, []string{"information"}, result.Messages("info"))
	require.Equal(t, []string{"a warning"}, result.Messages("warning"))
	for _, d := range result.Diagnostics {
		if d.Severity == "warning" {
			require.Equal(t, "first", d.URN.Name())
		}
	}
}

// The engine cancels a provider and its own steps at the same time, so a step may begin after the one that was canceled.
// The chain is long enough that the engine cannot come to its end.
func TestStack_isCanceled(t *testing.T) {
	t.Parallel()
	const length = 50
	ctx, cancel := context.WithCancel(context.Background())
	c := enginetest.NewCloud()
	c.BeforeCreate = func(canceled context.Context, name string) error {
		if name == "thing-1" {
			cancel()
			<-canceled.Done()
		}
		return nil
	}
	s, _ := open(t, c, enginetest.Chain(length))

	result := s.Up(ctx)
	require.EqualError(t, result.Err, "BAIL: canceled")
	created := len(c.Names())
	require.Positive(t, created, "the step that was running ends")
	require.Less(t, created, length, "the engine stops before the end")
	require.Empty(t, s.State().PendingOperations)
	var state bytes.Buffer
	require.NoError(t, s.Export(&state))
	require.NoError(t, s.Import(&state), "the state is consistent")
	require.ErrorIs(t, s.Up(ctx).Err, context.Canceled)

	c.BeforeCreate = nil
	require.Equal(t, map[string]int{"create": length - created, "same": created + 1}, s.Up(context.Background()).Changes)
}

func TestStack_display(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", Display: &shown,
		Run: engine.InProcess(enginetest.Pair("s", "z")), Provider: enginetest.NewCloud().NewProvider,
	})
	require.NoError(t, err)
	require.NoError(t, s.Preview(context.Background()).Err)
	require.Contains(t, shown.String(), "Previewing update (dev):\n")
	require.Contains(t, shown.String(), "    + 3 to create\n")
	shown.Reset()
	require.NoError(t, s.Up(context.Background()).Err)
	require.Contains(t, shown.String(), "Updating (dev):\n")
	require.Contains(t, shown.String(), "    + 3 created\n")
	require.NotContains(t, shown.String(), "\x1b")
}

func TestStack_otherPackage(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), func(ctx *pulumi.Context) error {
		return ctx.RegisterResource("random:index/pet:Pet", "pet", nil, &enginetest.Resource{}, pulumi.Version("4.0.0"))
	})
	result := s.Up(context.Background())
	require.Error(t, result.Err)
	require.Contains(t, result.Failure(), `package "random": a rehearsal simulates only the package "aws"`)
}

func TestStack_downloadsNoPlugin(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), enginetest.Pair("s", "z"))
	start := time.Now()
	for range 10 {
		require.NoError(t, s.Up(context.Background()).Err)
		require.NoError(t, s.Destroy(context.Background()).Err)
	}
	// Looking for the real provider would take seconds in each operation.
	require.Less(t, time.Since(start), 20*time.Second)
}
