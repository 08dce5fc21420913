package awssim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cloud that was saved is the same cloud, for another process.
func TestCloud_file(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	options := Options{Path: path, AssumeExisting: true}
	w := newTrialIn(t, options, values{"region": "ap-northeast-1"})
	vpc := w.vpc("v", "10.0.0.0/16")
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	in := values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet, "keyName": "mine"}
	instance := w.create(instanceToken, "i", in)

	later := newTrialIn(t, options, values{"region": "ap-northeast-1"})
	require.Equal(t, w.cloud.Inventory(), later.cloud.Inventory())
	require.Len(t, later.cloud.Inventory(), 3)
	require.Equal(t, []string{`key pair "mine" exists in ap-northeast-1`}, later.cloud.Assumed())
	later.settled(instance, in)
	second := later.create(instanceToken, "j", in)
	require.NotEqual(t, instance.id, second.id)
	require.Equal(t, "10.0.1.5", second.out()["privateIp"])
	later.remove(second)
	later.remove(instance)
	require.Len(t, newTrialIn(t, options, values{"region": "ap-northeast-1"}).cloud.Inventory(), 2)

	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
}

// A lookup that rests on an assumption is in the file, too.
func TestCloud_fileKeepsAssumptions(t *testing.T) {
	t.Parallel()
	options := Options{Path: filepath.Join(t.TempDir(), "cloud.json"), AssumeExisting: true}
	newTrialIn(t, options, values{"region": "eu-west-1"}).answer(keyPairLookup, values{"keyName": "mine"})
	require.Equal(t, []string{`key pair "mine" exists in eu-west-1`}, newTrialIn(t, options, values{"region": "eu-west-1"}).cloud.Assumed())
}

// A file that is no cloud is not taken for an empty one, and one that cannot be read is told.
func TestCloud_badFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.json")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err := New(Options{Path: path})
	require.EqualError(t, err, path+" is not a simulated cloud: unexpected end of JSON input: remove it to begin with an empty one")
	_, err = New(Options{Path: t.TempDir()})
	require.ErrorContains(t, err, "read the simulated cloud: ")
	cloud, err := New(Options{Path: filepath.Join(t.TempDir(), "none", "cloud.json")})
	require.NoError(t, err)
	w := (&trial{t: t, cloud: cloud}).with(values{"region": "ap-northeast-1"})
	_, err = w.try(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	require.ErrorContains(t, err, "no such file or directory")
}

// Two clouds that went the same way hold the same, so that a run can be repeated.
func TestCloud_repeats(t *testing.T) {
	t.Parallel()
	run := func() []Object {
		w := newTrial(t)
		w.subnet(w.vpc("v", "10.0.0.0/16"), "10.0.1.0/24", "ap-northeast-1a")
		return w.cloud.Inventory()
	}
	require.Equal(t, run(), run())
}
