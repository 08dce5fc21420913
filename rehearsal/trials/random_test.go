package trials

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// Random stacks are tried in so many shards, side by side, of so many checks: 200 in all. RAPID_CHECKS or -rapid.checks
// says another number for each shard, and -rapid.seed repeats a run.
const (
	shards       = 4
	shardsChecks = "50"
)

// TestRandomStacks gives stacks random configurations. What is legal deploys and serves its purpose, is unchanged by a second
// up, shows no drift, and is destroyed to nothing. What is illegal is refused with the key's name before anything is
// registered. What may be either is either.
func TestRandomStacks(t *testing.T) {
	t.Parallel()
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, tryRandom)
		})
	}
}

func tryRandom(t *rapid.T) {
	ran.random.Add(1)
	switch rapid.SampledFrom([]string{"legal", "illegal", "any"}).Draw(t, "kind") {
	case "legal":
		w, refused := begin(t, drawLegal(t))
		require.Empty(t, refused)
		w.lives()
	case "illegal":
		given := drawLegal(t)
		key := rapid.SampledFrom(spoilable).Draw(t, "key")
		given[key] = rapid.SampledFrom(values[key].illegal).Draw(t, "value")
		_, refused := begin(t, given)
		require.Regexp(t, `(?m)^  - `+key+`: |^Pulumi\.dev\.yaml: Stack 'dev' with configuration key '`+key+`' must be `, refused)
	default:
		if w, refused := begin(t, drawAny(t)); refused == "" {
			w.lives()
		}
	}
}

// clear is how a configuration is refused: by Pulumi, which knows the types of keys, or by the program, line by line.
var clear = regexp.MustCompile(`^Pulumi\.dev\.yaml: Stack 'dev' with configuration key '\w+' must be of type '[a-z<>]+'$|` +
	`^stack dev is not configured right:(\n  - [A-Za-z0-9:]+: .+)+$`)

// begin brings a stack up, or says why the configuration was refused. A preview has to find the same.
func begin(t *rapid.T, given settings) (w *world, refused string) {
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	w, err = tryOpen(t, cloud, engine.Options{Stack: "dev", Config: given})
	if err != nil {
		require.Regexp(t, clear, err.Error())
		return nil, err.Error()
	}
	result := w.stack.Up(context.Background())
	if result.Err == nil {
		return w, ""
	}
	refused = result.Failure()
	require.Regexp(t, clear, refused)
	for _, state := range w.stack.Snapshot().Resources {
		require.True(t, state.Type == resource.RootStackType || providers.IsProviderType(state.Type), state.URN)
	}
	require.Empty(t, w.holds())
	require.Equal(t, refused, w.stack.Preview(context.Background()).Failure())
	return nil, refused
}

// lives takes a stack that has come up through the rest of its life.
func (w *world) lives() {
	w.settled()
	w.proven()
	w.goes()
}

// value are values of a key: legal ones whatever else is set, or what mend makes so, and illegal ones.
type value struct{ legal, illegal []string }

// spoilable are the keys that have illegal values, in the order of Pulumi.yaml.
var spoilable = func() []string {
	project, err := workspace.LoadProject(filepath.Join(stacktest.Root(), "Pulumi.yaml"))
	if err != nil {
		panic(err)
	}
	var keys []string
	for _, key := range sortedKeys(project.Config) {
		if len(values[key].illegal) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}()

// Every key has legal values to draw from, and illegal ones but where everything of its type is legal.
func TestRandomStacks_knowEveryKey(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(stacktest.Root(), "Pulumi.yaml"))
	require.NoError(t, err)
	require.Equal(t, sortedKeys(project.Config), sortedKeys(values))
	for key, value := range values {
		if key != "zones" && key != "vpcCidr" && !strings.HasSuffix(key, "SubnetCidrs") { // drawLegal plans these together
			require.NotEmpty(t, value.legal, key)
		}
		require.NotEmpty(t, value.illegal, key)
	}
}
