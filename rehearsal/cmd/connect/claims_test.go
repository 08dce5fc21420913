package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// verifyResult is what "rehearse verify --json" writes for claims of every class and result.
const verifyResult = `{"stack": "dev", "ok": false, "claims": [
	{"id": "reach.ssm", "subject": "a-1", "class": "required", "result": "refuted", "reasons": [
		{"kind": "pass", "text": "a-1 resolves ssm to vpce-01"},
		{"kind": "fail", "text": "sg-01 has no egress rule to sg-02 on port 443", "fix": "set instanceEgress to restricted"},
		{"kind": "assumed", "text": "nobody else changes sg-01"},
		{"kind": "unknown", "text": "who may change sg-01"},
		{"kind": "fail", "text": "vpce-01 has no private DNS names"}]},
	{"id": "agent", "subject": "a-1", "class": "required", "result": "proven", "reasons": [{"kind": "pass", "text": "has a role"}]},
	{"id": "ordered", "subject": "a-1", "class": "required", "result": "undecided", "reasons": [{"kind": "unknown", "text": "an order"}]},
	{"id": "imdsv2", "subject": "a-1", "class": "hardening", "result": "refuted", "reasons": [{"kind": "fail", "text": "v1", "fix": "set imds to v2"}]}]}`

// writeResult is a script of the fake rehearse program, which checks its standard input.
const writeResult = `read -r line; [ "$1 $2 $4 $line" = "verify --json - a state" ] || exit 9
	while IFS= read -r line; do printf '%s\n' "$line"; done < "$TEST_DIR/result" > "$3"; `

// claimsSession returns a session whose state is "a state".
func claimsSession(t *testing.T, rehearse string) *session {
	t.Helper()
	e := newTestEnv(t, "a state")
	e.write("result", verifyResult+"\n")
	e.tool("rehearse", rehearse)
	return &session{env: e.env, options: options{stack: "dev"}}
}

func TestRefutedClaims(t *testing.T) {
	t.Parallel()
	claims, err := claimsSession(t, writeResult+"exit 1").refutedClaims(t.Context())
	require.NoError(t, err)
	require.Len(t, claims, 1, "required claims that are refuted")
	require.Contains(t, claims[0], "reach.ssm")
	require.Contains(t, claims[0], "sg-01 has no egress rule to sg-02 on port 443")
	require.Contains(t, claims[0], "set instanceEgress to restricted")
	require.Contains(t, claims[0], "vpce-01 has no private DNS names")
	for _, other := range []string{"resolves", "nobody else", "who may", "agent", "ordered", "imdsv2"} {
		require.NotContains(t, claims[0], other)
	}
}

func TestRefutedClaims_none(t *testing.T) {
	t.Parallel()
	claims, err := claimsSession(t, `echo '{"claims": []}' > "$3"`).refutedClaims(t.Context())
	require.NoError(t, err)
	require.Empty(t, claims)
}

func TestRefutedClaims_fails(t *testing.T) {
	t.Parallel()
	_, err := claimsSession(t, `echo "the state is empty" >&2; exit 2`).refutedClaims(t.Context())
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode())
	_, err = claimsSession(t, `exit 1`).refutedClaims(t.Context())
	require.ErrorContains(t, err, "JSON", "it wrote nothing")
	s := claimsSession(t, "")
	s.rehearse = "/nowhere/rehearse"
	_, err = s.refutedClaims(t.Context())
	require.ErrorContains(t, err, "/nowhere/rehearse")
}
