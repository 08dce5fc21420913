package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

func TestStack_exportImport(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	s, p := open(t, c, func(ctx *pulumi.Context) error {
		ctx.Export("secret", pulumi.ToSecret(pulumi.String("<secret value>")))
		return enginetest.Pair("s", "z")(ctx)
	})
	require.NoError(t, s.Up(ctx).Err)
	var exported bytes.Buffer
	require.NoError(t, s.Export(&exported))
	require.NotContains(t, exported.String(), "secret value")

	var state struct {
		Version    int
		Deployment struct {
			Manifest  struct{ Version, Magic string }
			Providers struct {
				Type string
			} `json:"secrets_providers"`
			Resources []struct{ Type string }
		}
	}
	require.NoError(t, json.Unmarshal(exported.Bytes(), &state))
	require.Equal(t, 3, state.Version)
	require.Equal(t, engine.PulumiVersion, state.Deployment.Manifest.Version)
	require.NotEmpty(t, state.Deployment.Manifest.Magic)
	require.Equal(t, "passphrase", state.Deployment.Providers.Type)
	require.Len(t, state.Deployment.Resources, 4)

	other, _ := open(t, c, p.body)
	require.NoError(t, other.Import(bytes.NewReader(exported.Bytes())))
	var again bytes.Buffer
	require.NoError(t, other.Export(&again))
	require.Equal(t, exported.String(), again.String())
	require.Equal(t, map[string]int{"same": 3}, other.Up(ctx).Changes)
	require.Equal(t, map[string]int{"delete": 3}, other.Destroy(ctx).Changes)
	require.Empty(t, c.Names())
}

func TestStack_importRefuses(t *testing.T) {
	t.Parallel()
	s, _ := open(t, enginetest.NewCloud(), enginetest.Pair("s", "z"))
	for text, expected := range map[string]string{
		`{"version": 3, "depl`:               "unexpected end of JSON input: the file is incomplete, or \"pulumi stack export\" did not write it",
		`{"version": 3, "deployment": null}`: `no "deployment": this is other JSON, not a file that "pulumi stack export" wrote`,
		`{"resources": []}`:                  `no "deployment": this is other JSON, not a file that "pulumi stack export" wrote`,
		`{"version": 4, "terraform_version": "1.9.8", "resources": []}`: `no "deployment": this is a Terraform state, not a file that "pulumi stack export" wrote`,
		`{"manifest": {"time": ""}, "resources": []}`:                   `no "deployment": this is the content of a "deployment" only, not a file that "pulumi stack export" wrote`,
		`{"version": 9, "deployment": {}}`:                              "deployment of version 9: this stack's deployment version is too new",
		`{"version": 3, "deployment": {"secrets_providers": {"type": "cloud"}}}`: `deployment of version 3: secrets provider "cloud": ` +
			"only secrets that are encrypted with an empty passphrase can be read",
	} {
		require.EqualError(t, s.Import(bytes.NewReader([]byte(text))), expected, text)
	}
}

func TestStack_stateFile(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), enginetest.NewCloud()
	path := filepath.Join(t.TempDir(), "state.json")
	options := engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", StatePath: path,
		Run: engine.InProcess(enginetest.Pair("s", "z")), Provider: c.NewProvider,
	}
	// While the second resource is being created, the file has the first one and a pending operation for the
	// second: what remains if the engine is killed then.
	var interrupted []byte
	c.BeforeCreate = func(_ context.Context, name string) (err error) {
		if name == "second" {
			interrupted, err = os.ReadFile(path)
		}
		return err
	}
	s, err := engine.Open(options)
	require.NoError(t, err)
	require.NoError(t, s.Up(ctx).Err)

	reopened, err := engine.Open(options)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"same": 3}, reopened.Up(ctx).Changes)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, files)

	require.NoError(t, os.WriteFile(path, interrupted, 0o600))
	killed, err := engine.Open(options)
	require.NoError(t, err)
	require.Len(t, killed.State().PendingOperations, 1)
	require.Equal(t, map[string]int{"same": 2}, killed.Refresh(ctx).Changes)
	cleared, err := killed.ClearPendingCreates()
	require.NoError(t, err)
	require.Len(t, cleared, 1)
	require.Equal(t, "second", cleared[0].Name())
	again, err := engine.Open(options)
	require.NoError(t, err)
	require.Empty(t, again.State().PendingOperations)

	require.NoError(t, os.WriteFile(path, interrupted[:len(interrupted)/2], 0o600))
	_, err = engine.Open(options)
	require.EqualError(t, err, "state "+path+": unexpected end of JSON input: the file is incomplete, or \"pulumi stack export\" did not write it")
}

// A state that cannot be written fails the operation and leaves no temporary file.
func TestStack_stateFileCannotBeReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, ""), Stack: "dev", StatePath: path,
		Run: engine.InProcess(enginetest.Pair("s", "z")), Provider: enginetest.NewCloud().NewProvider,
	})
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(path, 0o700)) // rename cannot replace a directory

	require.ErrorContains(t, s.Up(context.Background()).Err, "failed to save snapshot: rename ")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "state.json", entries[0].Name())
}
