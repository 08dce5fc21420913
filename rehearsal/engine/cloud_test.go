package engine_test

import (
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

// program is a program that a test can swap.
type program struct{ body pulumi.RunFunc }

func (p *program) run(in engine.Invocation) error { return engine.InProcess(p.body)(in) }

// open opens the stack dev with a program that runs in this process.
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

// errRefused is what a cloud says that refuses.
var errRefused = errors.New("refused: no room left")
