package trials

import (
	"context"
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

// randomStacks is the number of random stacks. RAPID_CHECKS sets another one. With -short, rapid tries a
// fifth of them.
const randomStacks = 200

// A stack with a random legal configuration deploys, is proven and stable, and can be destroyed. An
// illegal configuration is rejected, with the name of the key, before any resource is registered. A
// configuration that may be legal or illegal does one of the two.
func TestRandomStacks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, checkRandom)
}

func checkRandom(t *rapid.T) {
	counts.random.Add(1)
	switch rapid.SampledFrom([]string{"legal", "illegal", "any", "legal existing", "illegal existing", "legal access", "illegal access"}).Draw(t, "kind") {
	case "legal":
		requireLegal(t, "dev", drawLegal(t))
	case "legal existing":
		requireLegal(t, existingStack, drawLegalExisting(t))
	case "illegal":
		requireIllegal(t, "dev", drawLegal(t), values)
	case "illegal existing":
		requireIllegal(t, existingStack, drawLegalExisting(t), existingValues)
	case "legal access":
		requireLegal(t, accessStack, drawLegalAccess(t))
	case "illegal access":
		requireIllegal(t, accessStack, drawLegalAccess(t), accessValues)
	default:
		if e, refusal := deployRandom(t, "dev", drawAny(t)); refusal == "" {
			e.requireLifecycle()
		}
	}
}

func requireLegal(t *rapid.T, stack string, drawn config) {
	e, refusal := deployRandom(t, stack, drawn)
	require.Empty(t, refusal)
	e.requireLifecycle()
}

// requireIllegal makes a legal configuration illegal in one key, which the refusal must name.
func requireIllegal(t *rapid.T, stack string, drawn config, values map[string]keyValues) {
	var keys []string
	for _, key := range sortedKeys(values) {
		if len(values[key].illegal) > 0 {
			keys = append(keys, key)
		}
	}
	key := rapid.SampledFrom(keys).Draw(t, "key")
	drawn[key] = rapid.SampledFrom(values[key].illegal).Draw(t, "value")
	_, refusal := deployRandom(t, stack, drawn)
	require.Regexp(t, `(?m)^  - `+key+`: |^Pulumi\.`+stack+`\.yaml: Stack '`+stack+`' with configuration key '`+key+`' must be `, refusal)
}

// refusalFormat matches the error about an invalid configuration: of Pulumi, which checks the types of
// keys, or of the program, with a line for each problem.
var refusalFormat = regexp.MustCompile(`^Pulumi\.\w+\.yaml: Stack '\w+' with configuration key '\w+' must be of type '[a-z<>]+'$|` +
	`^invalid configuration of stack \w+:(\n  - [A-Za-z0-9:]+: .+)+$`)

// deployRandom deploys a stack, or returns the reason why its configuration was rejected. A preview must
// reject it with the same message.
func deployRandom(t *rapid.T, stack string, config config) (e *env, refusal string) {
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: accountOf(t, stack)})
	require.NoError(t, err)
	e, err = tryOpen(t, cloud, engine.Options{Stack: stack, Config: config})
	if err != nil {
		require.Regexp(t, refusalFormat, err.Error())
		return nil, err.Error()
	}
	result := e.stack.Up(context.Background())
	if result.Err == nil {
		return e, ""
	}
	refusal = result.Failure()
	require.Regexp(t, refusalFormat, refusal)
	for _, state := range e.stack.State().Resources {
		require.True(t, state.Type == resource.RootStackType || providers.IsProviderType(state.Type), state.URN)
	}
	require.Empty(t, e.cloudObjects())
	e.requireUnchanged()
	require.Equal(t, refusal, e.stack.Preview(context.Background()).Failure())
	return nil, refusal
}

// values contains legal and illegal values for every key in Pulumi.yaml. drawSubnets computes the legal
// values of some keys.
func TestRandomStacks_everyKey(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(stacktest.Root(), "Pulumi.yaml"))
	require.NoError(t, err)
	require.Equal(t, sortedKeys(project.Config), sortedKeys(values))
	for key, value := range values {
		if key != "zones" && key != "vpcCidr" && !strings.HasSuffix(key, "SubnetCidrs") {
			require.NotEmpty(t, value.legal, key)
		}
		require.NotEmpty(t, value.illegal, key)
	}
}
