package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
	"bastionless/rehearsal/report"
)

// testAccount is an account in the fake cloud of package enginetest.
type testAccount struct{ *enginetest.Cloud }

func (a testAccount) NewProvider() pulumirpc.ResourceProviderServer { return a.Cloud.NewProvider() }

func (a testAccount) Inventory() []awssim.Object {
	var objects []awssim.Object
	for _, object := range a.Objects() {
		objects = append(objects, awssim.Object{Type: object.Type, ID: object.ID, Name: object.Name()})
	}
	return objects
}

func (testAccount) Changed() ([]awssim.Object, error) { return nil, nil }

func (testAccount) Assumed() []string { return []string{`key pair "mine"`} }

// projectFile is the Pulumi.yaml of the tests.
const projectFile = `name: test
runtime: go
config:
  terminationProtection: {type: boolean, default: false}
`

// rehearseProgram rehearses a program and returns the exit status, the JSON result, and the output.
func rehearseProgram(
	ctx context.Context, t *testing.T, o runOptions, cloud *enginetest.Cloud, body pulumi.RunFunc,
) (int, report.Report, string) {
	t.Helper()
	if o.json == "" {
		o.json = filepath.Join(t.TempDir(), "result.json")
	}
	stack, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, "config: {terminationProtection: true}"), Stack: "dev",
		Run: engine.InProcess(body), Provider: cloud.NewProvider,
	})
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	status := o.rehearse(ctx, stack, testAccount{cloud}, &chosenAccount{}, streams{nil, &stdout, &stderr})
	require.Empty(t, stderr.String())

	text, err := os.ReadFile(o.json)
	require.NoError(t, err)
	var result report.Report
	require.NoError(t, json.Unmarshal(text, &result))
	return status, result, stdout.String()
}

// names returns the names of the steps, followed by FAIL if they failed.
func names(result report.Report) []string {
	var found []string
	for _, step := range result.Steps {
		if !step.OK {
			step.Name += " FAIL"
		}
		found = append(found, step.Name)
	}
	return found
}

// last returns the last line of a text.
func last(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestRun_passes(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	export := filepath.Join(t.TempDir(), "state.json")
	status, result, text := rehearseProgram(context.Background(), t, runOptions{export: export}, cloud,
		enginetest.Pair("s", "z"))
	require.Equal(t, exitOK, status)
	require.True(t, result.OK)
	require.Equal(t, "dev", result.Stack)
	require.Equal(t, []string{"preview", "up", "up again", "refresh", "destroy"}, names(result))
	for i, changes := range []map[string]int{{"create": 3}, {"create": 3}, {"same": 3}, {"same": 3}, {"delete": 3}} {
		require.Equal(t, changes, result.Steps[i].Changes)
	}
	require.Equal(t, []string{`key pair "mine"`}, result.Assumed)
	require.Empty(t, result.Left)
	require.Empty(t, cloud.Names())
	require.Contains(t, last(text), "dev: all checks passed in ")

	file, err := os.Open(export)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	other, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev",
		Run: engine.InProcess(enginetest.Pair("s", "z")), Provider: cloud.NewProvider,
	})
	require.NoError(t, err)
	require.NoError(t, other.Import(file))
	require.Len(t, other.State().Resources, 4)
}

func TestRun_secondUpChanges(t *testing.T) {
	t.Parallel()
	runs := 0
	status, result, text := rehearseProgram(context.Background(), t, runOptions{}, enginetest.NewCloud(),
		func(ctx *pulumi.Context) error {
			runs++
			ctx.Export("runs", pulumi.Int(runs))
			_, err := enginetest.Declare(ctx, "aws:test/thing:Thing", "first",
				pulumi.Map{"size": pulumi.String(strconv.Itoa(runs))})
			return err
		})
	require.Equal(t, exitFailed, status)
	require.False(t, result.OK)
	require.Equal(t, []string{"preview", "up", "up again FAIL", "refresh", "destroy"}, names(result))
	require.Equal(t, "changed: update aws:test/thing:Thing \"first\": size: \"2\" => \"3\"\n"+
		"changed: stack output \"runs\"", result.Steps[2].Error)
	require.Equal(t, `dev: 1 check failed: up again: changed: update aws:test/thing:Thing "first": size: "2" => "3" `+
		`changed: stack output "runs"`, last(text))
}

func TestRun_drifts(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	cloud.AfterRead = func(p resource.PropertyMap) {
		if p["name"].StringValue() == "second" {
			p["size"] = resource.NewProperty("odd")
		}
	}
	status, result, text := rehearseProgram(context.Background(), t, runOptions{}, cloud, enginetest.Pair("s", "z"))
	require.Equal(t, exitFailed, status)
	require.Equal(t, []string{"preview", "up", "up again", "refresh FAIL", "destroy"}, names(result))
	require.Equal(t, `dev: 1 check failed: refresh: drifted: update aws:test/thing:Thing "second": size: "s" => "odd"`, last(text))
	require.Empty(t, cloud.Names())
}

// A stack whose update fails is destroyed, too.
func TestRun_upFails(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	cloud.BeforeCreate = func(_ context.Context, name string) error {
		if name == "second" {
			return errors.New("refused: no room left")
		}
		return nil
	}
	status, result, text := rehearseProgram(context.Background(), t, runOptions{}, cloud, enginetest.Pair("s", "z"))
	require.Equal(t, exitFailed, status)
	require.Equal(t, []string{"preview", "up FAIL", "destroy"}, names(result))
	require.Equal(t, map[string]int{"create": 2}, result.Steps[1].Changes)
	require.Equal(t, map[string]int{"delete": 2}, result.Steps[2].Changes)
	require.Equal(t, `dev: 1 check failed: up: aws:test/thing:Thing "second": refused: no room left`, last(text))
	require.Empty(t, cloud.Names())
}

func TestRun_previewFails(t *testing.T) {
	t.Parallel()
	status, result, text := rehearseProgram(context.Background(), t, runOptions{}, enginetest.NewCloud(),
		func(*pulumi.Context) error { return errors.New("zones: no such zone") })
	require.Equal(t, exitFailed, status)
	require.Equal(t, []string{"preview FAIL"}, names(result))
	require.Equal(t, "dev: 1 check failed: preview: zones: no such zone", last(text))
}

// instance declares an instance with the termination protection of the configuration.
func instance(ctx *pulumi.Context) error {
	protected, _ := ctx.GetConfig("test:terminationProtection")
	_, err := enginetest.Declare(ctx, instanceType, "a-1",
		pulumi.Map{"disableApiTermination": pulumi.Bool(protected == "true")})
	return err
}

func TestRun_turnsTerminationProtectionOff(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	_, result, _ := rehearseProgram(context.Background(), t, runOptions{}, cloud, instance)
	require.Equal(t, []string{"preview", "up", "up again", "refresh", "unprotect", "destroy"}, names(result))
	require.Equal(t, map[string]int{"same": 1, "update": 1}, result.Steps[4].Changes)
	require.Empty(t, cloud.Names())
}

func TestRun_leavesResources(t *testing.T) {
	t.Parallel()
	cloud := enginetest.NewCloud()
	status, result, text := rehearseProgram(context.Background(), t, runOptions{}, cloud,
		func(ctx *pulumi.Context) error {
			// The provider does not delete protected resources, and no configuration key of the stack turns
			// this protection off.
			_, err := enginetest.Declare(ctx, "aws:test/thing:Thing", "stubborn",
				pulumi.Map{"disableApiTermination": pulumi.Bool(true)})
			if err != nil {
				return err
			}
			_, err = enginetest.Declare(ctx, "aws:test/records:Records", "records", nil, pulumi.RetainOnDelete(true))
			return err
		})
	require.Equal(t, exitFailed, status)
	require.Equal(t, []string{"preview", "up", "up again", "refresh", "destroy FAIL"}, names(result))
	require.Len(t, result.Left, 1)
	require.Regexp(t, `^aws:test/thing:Thing thing-[12] "stubborn"$`, result.Left[0])
	require.Len(t, result.Kept, 1)
	require.Regexp(t, `^aws:test/records:Records thing-[12] "records"$`, result.Kept[0])
	require.Equal(t, `dev: 2 checks failed: destroy: aws:test/thing:Thing "stubborn": protected from termination, left in the account: `+
		result.Left[0], last(text))
}

func TestRun_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cloud := enginetest.NewCloud()
	cloud.BeforeCreate = func(_ context.Context, name string) error {
		if name == "first" {
			cancel()
			// The engine receives the interrupt in another goroutine, and must not create the second
			// resource before that.
			time.Sleep(100 * time.Millisecond)
		}
		return nil
	}
	status, result, text := rehearseProgram(ctx, t, runOptions{}, cloud, enginetest.Pair("s", "z"))
	require.Equal(t, exitFailed, status)
	require.Equal(t, []string{"preview", "up FAIL"}, names(result))
	require.Contains(t, text, "Problems:\n  - interrupted\n")
	require.Equal(t, `dev: 3 checks failed: interrupted, up: update canceled, left in the account: aws:test/thing:Thing thing-1 "first"`, last(text))
}
