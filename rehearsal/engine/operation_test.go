package engine_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// summaries renders the steps that change something.
func summaries(r *engine.Result) []string {
	texts := []string{}
	for _, step := range r.Changed() {
		texts = append(texts, step.String())
	}
	return texts
}

func TestStack_livesAndGoes(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, _ := open(t, c, enginetest.Pair("s", "z"))

	preview := s.Preview(ctx)
	require.NoError(t, preview.Err)
	require.Equal(t, map[string]int{"create": 3}, preview.Changes)
	require.Empty(t, c.Names())
	require.Empty(t, s.Snapshot().Resources)

	up := s.Up(ctx)
	require.NoError(t, up.Err)
	require.Equal(t, map[string]int{"create": 3}, up.Changes)
	require.Equal(t, []string{"first", "second"}, c.Names())
	require.Less(t, up.Find("first")[0].Ended, up.Find("second")[0].Began)
	require.Equal(t, "s", s.Snapshot().Resources[0].Outputs["size"].StringValue())

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
	require.Less(t, destroy.Find("second")[0].Ended, destroy.Find("first")[0].Began)
	require.Empty(t, c.Names())
	require.Empty(t, s.Snapshot().Resources)
}

func TestStack_configuresTheProvider(t *testing.T) {
	t.Parallel()
	c := enginetest.NewCloud()
	s, _ := open(t, c, enginetest.Pair("s", "z"))
	require.NoError(t, s.Up(context.Background()).Err)

	require.Len(t, c.Configurations(), 1)
	require.Equal(t, "eu-west-1", c.Configurations()[0]["region"].StringValue())
	require.Equal(t, 1, c.Providers())
	require.NoError(t, s.Destroy(context.Background()).Err)
	require.Equal(t, 2, c.Providers(), "an operation must get a provider object of its own")
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
	require.Equal(t, []string{`update aws:test/thing:Thing "first": size: "s" => "m"`}, summaries(result))
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
	for _, step := range result.Find("first") {
		ops = append(ops, step.Op)
	}
	require.Equal(t, []string{engine.OpCreateReplacement, engine.OpReplace, engine.OpDeleteReplaced}, ops)
	require.Equal(t, []string{"zone"}, result.Find("first")[0].Causes)
	require.Equal(t, []string{"zone: \"z\" => \"y\""}, result.Find("first")[0].Diff)
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
	}, summaries(result))
}

func TestStack_failingCreate(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	c.Creating = func(_ context.Context, name string) error {
		if name == "second" {
			return errRefused
		}
		return nil
	}
	s, _ := open(t, c, enginetest.Pair("s", "z"))

	result := s.Up(ctx)
	require.EqualError(t, result.Err, "BAIL: step executor errored: step application failed: refused: no room left")
	require.Equal(t, `aws:test/thing:Thing "second": refused: no room left`, result.Failure())
	require.Equal(t, map[string]int{"create": 2}, result.Changes)
	require.True(t, result.Find("second")[0].Failed)
	require.Equal(t, []string{"first"}, c.Names())
	require.Empty(t, s.Snapshot().PendingOperations)

	c.Creating = nil
	result = s.Up(ctx)
	require.NoError(t, result.Err)
	require.Empty(t, result.Failure())
	require.Equal(t, map[string]int{"create": 1, "same": 2}, result.Changes)
	require.NoError(t, s.Destroy(ctx).Err)
	require.Empty(t, c.Names())
}

func TestStack_failingProgram(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), func(*pulumi.Context) error { return errors.New("two problems:\n  one\n  two") })
	for _, result := range []*engine.Result{s.Preview(context.Background()), s.Up(context.Background())} {
		require.Error(t, result.Err)
		require.Equal(t, []string{
			"an unhandled error occurred: 1 error occurred:\n\t* two problems:\n  one\n  two",
		}, result.Texts("error"))
	}
}

func TestStack_messages(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), func(ctx *pulumi.Context) error {
		declared, err := enginetest.Declare(ctx, "aws:test/thing:Thing", "first", nil)
		if err != nil {
			return err
		}
		_ = ctx.Log.Debug("a debug message", nil)
		_ = ctx.Log.Info("an information", nil)
		return ctx.Log.Warn("a warning", &pulumi.LogArgs{Resource: declared})
	})
	result := s.Up(context.Background())
	require.NoError(t, result.Err)
	require.Contains(t, result.Texts("debug"), "a debug message")
	require.Equal(t, []string{"an information"}, result.Texts("info"))
	require.Equal(t, []string{"a warning"}, result.Texts("warning"))
	for _, d := range result.Diagnostics {
		if d.Severity == "warning" {
			require.Equal(t, "first", d.URN.Name())
		}
	}
}

func TestStack_cancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	c := enginetest.NewCloud()
	c.Creating = func(cancelled context.Context, name string) error {
		if name == "first" {
			cancel()
			<-cancelled.Done()
		}
		return nil
	}
	s, _ := open(t, c, enginetest.Pair("s", "z"))

	result := s.Up(ctx)
	require.EqualError(t, result.Err, "BAIL: canceled")
	require.Equal(t, []string{"first"}, c.Names())
	require.Empty(t, s.Snapshot().PendingOperations)
	require.NoError(t, s.Snapshot().VerifyIntegrity())
	require.ErrorIs(t, s.Up(ctx).Err, context.Canceled)

	c.Creating = nil
	require.Equal(t, map[string]int{"create": 1, "same": 2}, s.Up(context.Background()).Changes)
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
	require.Contains(t, result.Failure(), `package "random": a rehearsal simulates aws alone`)
}

func TestStack_looksForNoPlugin(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), enginetest.Pair("s", "z"))
	began := time.Now()
	for range 10 {
		require.NoError(t, s.Up(context.Background()).Err)
		require.NoError(t, s.Destroy(context.Background()).Err)
	}
	// An engine that looked for the real provider would take seconds each time.
	require.Less(t, time.Since(began), 20*time.Second)
}
