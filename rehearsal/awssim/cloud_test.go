package awssim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCloud_isReadFromItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	options, config := Options{Path: path, AssumeExisting: true}, values{"region": "ap-northeast-1"}
	w := newTestCloudWith(t, options, config)
	vpc := w.vpc("v", "10.0.0.0/16")
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	in := values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet, "keyName": "mine"}
	instance := w.create(instanceToken, "i", in)

	reopened := newTestCloudWith(t, options, config)
	require.Equal(t, w.cloud.Inventory(), reopened.cloud.Inventory())
	require.Len(t, reopened.cloud.Inventory(), 3)
	require.Equal(t, []string{`key pair "mine" exists in ap-northeast-1`}, reopened.cloud.Assumed())
	reopened.requireNoDiff(instance, in)
	second := reopened.create(instanceToken, "j", in)
	require.NotEqual(t, instance.id, second.id)
	require.Equal(t, "10.0.1.5", second.state()["privateIp"])
	reopened.delete(second)
	reopened.delete(instance)
	require.Len(t, newTestCloudWith(t, options, config).cloud.Inventory(), 2)
	require.Equal(t, []string{"cloud.json"}, fileNames(t, filepath.Dir(path)), "no temporary file remains")
}

func TestCloud_savesAssumptionsOfLookups(t *testing.T) {
	t.Parallel()
	options, config := Options{Path: filepath.Join(t.TempDir(), "cloud.json"), AssumeExisting: true}, values{"region": "eu-west-1"}
	newTestCloudWith(t, options, config).invoke(keyPairLookup, values{"keyName": "mine"})
	require.Equal(t, []string{`key pair "mine" exists in eu-west-1`}, newTestCloudWith(t, options, config).cloud.Assumed())
}

// A file that contains something else is not changed.
func TestNew_rejectsInvalidFiles(t *testing.T) {
	t.Parallel()
	const format = `"Format": "simulated AWS account, version 1"`
	for content, want := range map[string]string{
		`{`:                     "unexpected EOF",
		`{}`:                    `its format is "", and this version reads "simulated AWS account, version 1"`,
		`{"Format": "other"}`:   `its format is "other", and this version reads "simulated AWS account, version 1"`,
		`{"version": 3}`:        `json: unknown field "version"`,
		`{` + format + `}`:      "it lacks Objects or Assumptions",
		validFile(format) + `{`: "the file does not end after the JSON object",
		`{` + format + `, "Objects": {"a": null}, "Assumptions": {}}`: `object "a" is null`,
	} {
		path := filepath.Join(t.TempDir(), "cloud.json")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := New(Options{Path: path})
		require.EqualError(t, err, path+" is not a simulated cloud: "+want+": choose another file")
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(kept))
	}
	_, err := New(Options{Path: t.TempDir()})
	require.ErrorContains(t, err, "read the simulated cloud: ")

	path := filepath.Join(t.TempDir(), "cloud.json")
	require.NoError(t, os.WriteFile(path, []byte(validFile(format)), 0o600))
	cloud, err := New(Options{Path: path})
	require.NoError(t, err)
	require.Empty(t, cloud.Inventory())
}

func validFile(format string) string { return `{` + format + `, "Objects": {}, "Assumptions": {}}` }

func TestNew_createsTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	_, err := New(Options{Path: path})
	require.NoError(t, err)
	require.FileExists(t, path)
	_, err = New(Options{Path: path})
	require.NoError(t, err)
}

func TestNew_failsWithoutTheDirectory(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file := filepath.Join(directory, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, missing := range []string{filepath.Join(directory, "missing"), file} {
		path := filepath.Join(missing, "cloud.json")
		_, err := New(Options{Path: path})
		require.EqualError(t, err,
			"simulated cloud "+path+": there is no directory "+missing+": create it or choose another file")
	}
	require.Equal(t, []string{"file"}, fileNames(t, directory))
}

// A rename fails if the target is a directory.
func TestCloud_leavesNoTemporaryFileWhenARenameFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	w := newTestCloudWith(t, Options{Path: path}, values{"region": "ap-northeast-1"})
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err := w.tryCreate(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	require.ErrorContains(t, err, "save the simulated cloud: ")
	require.Equal(t, []string{"cloud.json"}, fileNames(t, filepath.Dir(path)))

	require.NoError(t, os.Remove(path))
	w.create(vpcToken, "w", values{"cidrBlock": "10.0.0.0/16"})
	reopened, err := New(Options{Path: path})
	require.NoError(t, err)
	require.Equal(t, w.cloud.Inventory(), reopened.Inventory())
}

func fileNames(t *testing.T, directory string) []string {
	t.Helper()
	files, err := os.ReadDir(directory)
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
	}
	return names
}

func TestCloud_isDeterministic(t *testing.T) {
	t.Parallel()
	run := func() []Object {
		w := newTestCloud(t)
		w.subnet(w.vpc("v", "10.0.0.0/16"), "10.0.1.0/24", "ap-northeast-1a")
		return w.cloud.Inventory()
	}
	require.Equal(t, run(), run())
}
