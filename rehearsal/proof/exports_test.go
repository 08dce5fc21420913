package proof_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
	"bastionless/rehearsal/proof"
)

// root is where the program is.
const root = "../.."

// stacks are those that the repository configures.
var stacks = []string{"article", "dev", "prod"}

// removeProgram removes what program has compiled, if it has.
var removeProgram = func() {}

// program compiles the stacks' program, once.
var program = sync.OnceValues(func() (path string, err error) {
	path, remove, err := enginetest.Compile(root)
	if err == nil {
		removeProgram = remove
	}
	return path, err
})

func TestMain(m *testing.M) {
	status := m.Run()
	removeProgram()
	if err := summarize(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// deploy deploys a stack on the simulated AWS and returns its state. Overrides change its
// configuration.
func deploy(stack string, overrides map[string]string) (*apitype.DeploymentV3, error) {
	return deployAnd(stack, overrides, false)
}

// deployAnd deploys a stack and, if so, refreshes its state.
func deployAnd(stack string, overrides map[string]string, refresh bool) (*apitype.DeploymentV3, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	if err != nil {
		return nil, err
	}
	opened, err := engine.Open(engine.Options{Dir: root, Stack: stack, Program: path, Provider: cloud.NewProvider})
	if err != nil {
		return nil, err
	}
	if err := opened.Configure(overrides); err != nil {
		return nil, err
	}
	if failure := opened.Up(context.Background()).Failure(); failure != "" {
		return nil, errors.New(failure)
	}
	if refresh {
		if failure := opened.Refresh(context.Background()).Failure(); failure != "" {
			return nil, errors.New(failure)
		}
	}
	var state bytes.Buffer
	if err := opened.Export(&state); err != nil {
		return nil, err
	}
	return proof.Read(&state)
}

// deployed deploys a stack.
func deployed(t testing.TB, stack string, overrides map[string]string) *apitype.DeploymentV3 {
	t.Helper()
	deployment, err := deploy(stack, overrides)
	require.NoError(t, err)
	return deployment
}

// claimsOf makes the claims about a deployment.
func claimsOf(t testing.TB, deployment *apitype.DeploymentV3) []proof.Claim {
	t.Helper()
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	return claims
}
