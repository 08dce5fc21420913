package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// TestMain turns the test binary into a Pulumi program when the engine runs it.
func TestMain(m *testing.M) {
	if os.Getenv(pulumi.EnvMonitor) != "" {
		pulumi.Run(compiled)
		return
	}
	os.Exit(m.Run())
}

// compiled is the program in the test binary. The configuration key "name" selects what it does.
func compiled(ctx *pulumi.Context) error {
	switch mode, _ := ctx.GetConfig("test:name"); mode {
	case "panic":
		panic("out of order")
	case "exit":
		os.Exit(3)
	case "fail":
		return errors.New("two problems:\n  one\n  two")
	case "sleep":
		time.Sleep(time.Minute)
	case "environment":
		text, err := json.Marshal(os.Environ())
		if err != nil {
			return err
		}
		ctx.Export("environment", pulumi.String(text))
	}
	fmt.Println("to standard output")
	fmt.Fprint(os.Stderr, "to standard error")
	_ = ctx.Log.Warn("a warning", nil)
	return enginetest.Pair("s", "z")(ctx)
}

// openCompiled opens the stack "dev" with the compiled program in a mode.
func openCompiled(t *testing.T, c *enginetest.Cloud, mode string) *engine.Stack {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", Config: map[string]string{"name": mode},
		Program: self, Provider: c.NewProvider,
	})
	require.NoError(t, err)
	return s
}

func TestProgram_runs(t *testing.T) {
	t.Parallel()
	s := openCompiled(t, enginetest.NewCloud(), "plain")
	result := s.Up(context.Background())
	require.NoError(t, result.Err)
	require.Equal(t, map[string]int{"create": 3}, result.Changes)
	require.Equal(t, []string{"to standard output"}, result.Messages("info"))
	require.Equal(t, []string{"to standard error"}, result.Messages("info#err"))
	require.Equal(t, []string{"a warning"}, result.Messages("warning"))
	require.Equal(t, map[string]int{"same": 3}, s.Up(context.Background()).Changes)
}

// A program that exits with status 32 has reported its error itself, so the error appears once.
func TestProgram_fails(t *testing.T) {
	t.Parallel()
	result := openCompiled(t, enginetest.NewCloud(), "fail").Preview(context.Background())
	require.EqualError(t, result.Err, "BAIL: BAIL: run bailed")
	expected := "an unhandled error occurred: program failed: \n1 error occurred:\n\t* two problems:\n  one\n  two"
	require.Equal(t, []string{expected}, result.Messages("error"))
	require.Equal(t, "two problems:\n  one\n  two", result.Failure())
}

func TestProgram_panics(t *testing.T) {
	t.Parallel()
	result := openCompiled(t, enginetest.NewCloud(), "panic").Up(context.Background())
	require.Error(t, result.Err)
	require.Equal(t, []string{"an unhandled error occurred: exit status 2"}, result.Messages("error"))
	require.Contains(t, result.Messages("info#err"), "panic: out of order")
}

func TestProgram_exits(t *testing.T) {
	t.Parallel()
	result := openCompiled(t, enginetest.NewCloud(), "exit").Up(context.Background())
	require.Equal(t, "an unhandled error occurred: exit status 3", result.Failure())
}

func TestProgram_missing(t *testing.T) {
	t.Parallel()
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", Program: "/no/such/program", Provider: enginetest.NewCloud().NewProvider,
	})
	require.NoError(t, err)
	require.Equal(t, "an unhandled error occurred: fork/exec /no/such/program: no such file or directory",
		s.Preview(context.Background()).Failure())
}

func TestProgram_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	result := openCompiled(t, enginetest.NewCloud(), "sleep").Up(ctx)
	require.EqualError(t, result.Err, "BAIL: canceled")
	require.Less(t, result.Duration, 10*time.Second)
}

// The program gets neither the user's AWS credentials nor the user's settings for Pulumi.
func TestProgram_environment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "mine")
	t.Setenv("PULUMI_ACCESS_TOKEN", "mine")
	t.Setenv("HARMLESS", "yes")
	s := openCompiled(t, enginetest.NewCloud(), "environment")
	require.NoError(t, s.Up(context.Background()).Err)

	var environment []string
	exported := s.State().Resources[0].Outputs["environment"]
	require.NoError(t, json.Unmarshal([]byte(exported.(string)), &environment))
	require.NotContains(t, exported, "mine")
	require.Contains(t, environment, "HARMLESS=yes")
	require.Contains(t, environment, "PULUMI_PROJECT=test")
	require.Contains(t, environment, "PULUMI_STACK=dev")
	require.Contains(t, environment, "PULUMI_ORGANIZATION=organization")
	require.Contains(t, environment, "PULUMI_DRY_RUN=false")
	require.Contains(t, environment, "PULUMI_CONFIG_SECRET_KEYS=[]")
	require.Contains(t, environment,
		`PULUMI_CONFIG={"test:count":"1","test:flag":"true","test:name":"environment","test:zones":"[\"a\"]"}`)
}
