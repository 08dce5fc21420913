package proof_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// stacks are the frozen stacks.
var stacks = stacktest.Stacks()

func TestMain(m *testing.M) {
	status := stacktest.Main(m)
	if err := summarize(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// deployed deploys a frozen stack and returns its state.
func deployed(t testing.TB, stack string, overrides map[string]string) *apitype.DeploymentV3 {
	t.Helper()
	return read(t, stacktest.Deploy(t, stack, overrides))
}

// read returns the state of a stack.
func read(t testing.TB, stack *engine.Stack) *apitype.DeploymentV3 {
	t.Helper()
	deployment, err := proof.Read(stacktest.Export(t, stack))
	require.NoError(t, err)
	return deployment
}

// claimsOf checks the claims about a deployment.
func claimsOf(t testing.TB, deployment *apitype.DeploymentV3) []proof.Claim {
	t.Helper()
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	return claims
}
