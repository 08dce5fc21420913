package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
)

const (
	describeInstances = "ec2 describe-instances"
	foundDB           = `echo '{"Reservations": [{"Instances": [{"InstanceId": "i-0123abcd", "PrivateIpAddress": "10.1.0.1", ` +
		`"Placement": {"AvailabilityZone": "ap-northeast-1a"}, "State": {"Name": "running"}, "Tags": [{"Key": "Name", "Value": "db-1"}]}]}]}'`
	foundSeveral = `echo '{"Reservations": [{"Instances": [{"InstanceId": "i-2", "State": {"Name": "stopped"}, "Tags": [{"Key": "Name", "Value": "b"}]}, ` +
		`{"InstanceId": "i-1", "State": {"Name": "running"}, "Tags": [{"Key": "Name", "Value": "a"}]}]}]}'`
	foundNone = `echo '{"Reservations": []}'`
	liveOnly  = `{"Name":"instance-state-name","Values":["pending","running","stopping","stopped"]}`
	callFind  = "aws ec2 describe-instances --filters [" + liveOnly
	asProfile = "] --region ap-northeast-1 --output json --profile web-dev"
)

// accessOnly is the output of a stack without instances of its own.
func accessOnly(targets *contract.Targets) contract.Connection {
	c := connection()
	c.Instances, c.Targets = map[string]contract.Instance{}, targets
	return c
}

// With each target mode, an ID or a tag chooses an instance.
func TestChoose(t *testing.T) {
	t.Parallel()
	tagged := &contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{"team": "db"}}
	anyOne := &contract.Targets{Mode: contract.TargetsAny}
	const (
		byTeam = `,{"Name":"tag:team","Values":["db"]}`
		byID   = `,{"Name":"instance-id","Values":["i-0123abcd"]}`
		byName = `,{"Name":"tag:Name","Values":["db-1"]}`
		own    = `,{"Name":"instance-id","Values":["i-0a","i-0c"]}`
	)
	byIDs := connection()
	byIDs.Instances = map[string]contract.Instance{"i-0123abcd": {ID: "i-0123abcd"}}
	for name, test := range map[string]struct {
		connection contract.Connection
		instance   string
		// legacy is the value of sessionTargets, for outputs that do not say it.
		legacy string
		find   string
	}{
		"tagged, the only one":       {accessOnly(tagged), "", "", byTeam},
		"tagged, by ID":              {accessOnly(tagged), "i-0123abcd", "", byID + byTeam},
		"tagged, by another tag":     {accessOnly(tagged), "Name=db-1", "", byName + byTeam},
		"any, by ID":                 {accessOnly(anyOne), "i-0123abcd", "", byID},
		"any, by a tag":              {accessOnly(anyOne), "Name=db-1", "", byName},
		"any, with own instances":    {connection(), "i-0123abcd", "any", byID},
		"any, a tag with own ones":   {connection(), "Name=db-1", "any", byName},
		"a tag of the stack's":       {connection(), "Name=db-1", "", byName + own},
		"a tag of listed instances":  {byIDs, "Name=db-1", "", byName + byID},
		"a listed instance":          {byIDs, "i-0123abcd", "", ""},
		"a listed instance, default": {byIDs, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, test.connection))
			e.aws(map[string]string{describeInstances: foundDB})
			if test.legacy != "" {
				e.tool("pulumi", `case "$1" in config) echo `+test.legacy+` ;; *) while IFS= read -r line; do printf '%s\n' "$line"; done < "$TEST_DIR/outputs" ;; esac`)
			} else {
				e.tool("pulumi", `case "$1" in config) echo "error: configuration key not found" >&2; exit 255 ;; *) while IFS= read -r line; do printf '%s\n' "$line"; done < "$TEST_DIR/outputs" ;; esac`)
			}
			args := []string{"shell", "--stack", "dev"}
			if test.instance != "" {
				args = append(args, "--instance", test.instance)
			}
			require.Equal(t, statusOK, e.run(args...), e.stderr.String())
			calls := e.calls()
			require.Equal(t, "aws ssm start-session --profile web-dev --region ap-northeast-1 --target i-0123abcd", calls[len(calls)-1])
			if test.find == "" {
				require.NotContains(t, strings.Join(calls, "\n"), describeInstances)
				return
			}
			require.Contains(t, calls, callFind+test.find+asProfile)
		})
	}
}

// Unless exactly one instance is found, no session opens, and the message says what to do.
func TestChoose_refuses(t *testing.T) {
	t.Parallel()
	tagged := accessOnly(&contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{"team": "db"}})
	for name, test := range map[string]struct {
		connection      contract.Connection
		instance, found string
		want            string
	}{
		"several":          {tagged, "", foundSeveral, "several instances with team=db. Choose one with --instance ID (make: INSTANCE=ID):\n    i-1  running  a\n    i-2  stopped  b\n"},
		"none":             {tagged, "i-0123abcd", foundNone, "there is no instance with the ID i-0123abcd and team=db in ap-northeast-1"},
		"neither":          {tagged, "db-1", foundNone, `"db-1" is not an instance of stack "dev"`},
		"any without one":  {accessOnly(&contract.Targets{Mode: contract.TargetsAny}), "", foundNone, "allows sessions on any instance: choose one"},
		"an unknown ID":    {connection(), "i-0123abcd", foundDB, `stack "dev" has no instance "i-0123abcd". Use one of: a-1, c-1`},
		"a denied request": {tagged, "", `echo "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation" >&2; exit 254`, "AWS denied the request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, test.connection))
			e.aws(map[string]string{describeInstances: test.found})
			args := []string{"shell", "--stack", "dev"}
			if test.instance != "" {
				args = append(args, "--instance", test.instance)
			}
			require.Equal(t, statusFailed, e.run(args...))
			require.Contains(t, e.stderr.String(), test.want)
			require.NotContains(t, strings.Join(e.calls(), "\n"), "start-session")
		})
	}
}

// SSH to an instance that the stack does not own needs a block that uses the stack's profile.
func TestSSH_otherInstance(t *testing.T) {
	t.Parallel()
	tagged := accessOnly(&contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{"team": "db"}})
	for name, test := range map[string]struct {
		printed string
		ok      bool
	}{
		"no block":          {`echo "hostname i-0123abcd"`, false},
		"another stack's":   {`echo "hostname i-0123abcd"; echo "proxycommand aws ssm start-session --profile web-prod --region x"`, false},
		"the stack's block": {`echo "hostname i-0123abcd"; echo "proxycommand aws ssm start-session --profile web-dev --region x"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, outputsOf(t, tagged))
			e.aws(map[string]string{describeInstances: foundDB})
			e.tool("ssh", `case "$1" in -G) `+test.printed+` ;; esac`)
			status := e.run("ssh", "--stack", "dev")
			if test.ok {
				require.Equal(t, statusOK, status, e.stderr.String())
				require.Contains(t, e.calls(), "ssh i-0123abcd")
				return
			}
			require.Equal(t, statusFailed, status)
			require.Contains(t, e.stderr.String(), "Host i-*\n  HostName %h\n  User ec2-user\n")
			require.NotContains(t, e.calls(), "ssh i-0123abcd")
		})
	}
}

// The stack does not know the security groups of existing instances, so it does not refuse a target for them.
func TestForward_otherInstance(t *testing.T) {
	t.Parallel()
	c := connection()
	c.Targets = &contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{"team": "db"}}
	e := newTestEnv(t, outputsOf(t, c))
	e.aws(map[string]string{describeInstances: foundDB})
	require.Equal(t, statusOK, e.run("forward", "--stack", "dev", "--instance", "Name=db-1", "--to", "10.9.9.9:1"), e.stderr.String())
}
