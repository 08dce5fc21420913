package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// verified makes claims with a stand-in for "rehearse".
func verified(t *testing.T, script string) ([]string, error) {
	t.Helper()
	s := newStage(t, deployed)
	s.tool("rehearse", script)
	t.Setenv("STAGE", s.dir)
	return verifier(s.dir+"/bin/rehearse")(context.Background(), []byte("a state\n"))
}

func TestVerifier(t *testing.T) {
	told, err := verified(t, `read -r line; [ "$1 $2 $4 $line" = "verify --json - a state" ] || exit 9
		echo '{"claims": [
			{"id": "reach.ssm", "subject": "a-1", "class": "required", "result": "refuted",
				"reasons": [{"kind": "pass", "text": "in between", "fix": ""}, {"kind": "fail", "text": "no rule", "fix": "a rule"}, {"kind": "assumed", "text": "x", "fix": ""}]},
			{"id": "agent", "subject": "a-1", "class": "required", "result": "proven", "reasons": []},
			{"id": "ordered", "subject": "a-1", "class": "required", "result": "undecided", "reasons": []},
			{"id": "imdsv2", "subject": "a-1", "class": "hardening", "result": "refuted", "reasons": []}]}' > "$3"
		exit 1`)
	require.NoError(t, err)
	require.Equal(t, []string{"reach.ssm (a-1)\n    no rule\n    fix: a rule"}, told)
}

func TestVerifier_allHolds(t *testing.T) {
	told, err := verified(t, `echo '{"claims": []}' > "$3"`)
	require.NoError(t, err)
	require.Empty(t, told)
}

func TestVerifier_fails(t *testing.T) {
	_, err := verified(t, `echo "rehearse verify: the state is empty" >&2; exit 2`)
	require.EqualError(t, err, "rehearse verify: exit status 2: rehearse verify: the state is empty")
	_, err = verified(t, `exit 1`)
	require.EqualError(t, err, "rehearse verify: its result: unexpected end of JSON input")
	_, err = verifier("/nowhere/rehearse")(context.Background(), nil)
	require.EqualError(t, err, `there is no /nowhere/rehearse: "make build" makes it`)
}
