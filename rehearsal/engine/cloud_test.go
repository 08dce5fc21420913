package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// projectFile is the Pulumi.yaml of the tests.
const projectFile = `name: test
runtime: go
config:
  count: {type: integer, default: 1}
  flag: {type: boolean, default: true}
  name: {type: string, default: none}
  zones: {type: array, items: {type: string}, default: [a]}
`

// program is a program that a test can change between operations.
type program struct{ body pulumi.RunFunc }

func (p *program) run(ctx context.Context, in engine.Invocation) error {
	return engine.InProcess(p.body)(ctx, in)
}

// open opens the stack "dev" with a program that runs in this process.
func open(t *testing.T, c *enginetest.Cloud, body pulumi.RunFunc) (*engine.Stack, *program) {
	t.Helper()
	p := &program{body}
	s, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, "config:\n  aws:region: eu-west-1\n"), Stack: "dev",
		Run: p.run, Provider: c.NewProvider,
	})
	require.NoError(t, err)
	return s, p
}

// errRefused is the error of a cloud that refuses to create an object.
var errRefused = errors.New("refused: quota exceeded")
