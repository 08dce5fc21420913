package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConnect_usage(t *testing.T) {
	t.Parallel()
	const usage = `Connect to an instance of a deployed stack.

Usage:

    connect wait     wait until an instance is online
    connect shell    wait, and open a shell
    connect ssh      wait, and connect with SSH
    connect forward  wait, and forward a local port

"connect COMMAND -h" tells a command's flags. Exit status: the session's; 1, there is none, and the last
lines say why; 2, wrong usage.
`
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{nil, unusable, "", usage},
		{[]string{"--help"}, succeeded, usage, ""},
		{[]string{"shel"}, unusable, "", usage + "\nconnect: there is no command \"shel\"\n"},
	} {
		s := newStage(t, deployed)
		require.Equal(t, test.status, connect(s.host, test.args))
		require.Equal(t, test.stdout, s.stdout.String())
		require.Equal(t, test.stderr, s.stderr.String())
	}
}

func TestConnect_tellsFlags(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		s := newStage(t, deployed)
		require.Equal(t, succeeded, connect(s.host, []string{c.name, "-h"}))
		require.True(t, strings.HasPrefix(s.stdout.String(), "Usage:\n\n    connect "+c.name+" "), s.stdout.String())
		for _, flag := range []string{"-stack", "-instance", "-timeout"} {
			require.Contains(t, s.stdout.String(), "\n  "+flag)
		}
		require.Equal(t, c.name == "forward", strings.Contains(s.stdout.String(), "\n  -to "))
		require.Contains(t, s.stdout.String(), "(default 12m0s)")
	}
}

func TestConnect_wrongUsage(t *testing.T) {
	t.Parallel()
	for expected, args := range map[string][]string{
		"connect wait: no stack: give --stack, such as --stack dev":                 {"wait"},
		`connect wait: unexpected argument "dev"`:                                   {"wait", "dev"},
		"connect wait: flag provided but not defined: -to":                          {"wait", "--to", "a:1"},
		"connect shell: timeout -1s: give none below zero":                          {"shell", "--stack", "dev", "--timeout", "-1s"},
		"connect forward: no target: give --to, such as --to 10.0.32.10:5432":       {"forward", "--stack", "dev"},
		`connect forward: target "db" has no port: give HOST:PORT, such as db:5432`: {"forward", "--stack", "dev", "--to", "db"},
		`connect forward: target "db:0": give a port from 1 to 65535`:               {"forward", "--stack", "dev", "--to", "db:0"},
		`connect forward: target "a,b=c:1": "a,b=c" is no host's name or address`:   {"forward", "--stack", "dev", "--to", "a,b=c:1"},
		`connect forward: local port "65536": give a number from 1 to 65535`:        {"forward", "--stack", "dev", "--to", "a:1", "--local", "65536"},
		`connect wait: invalid value "soon" for flag -timeout: parse error`:         {"wait", "--timeout", "soon"},
	} {
		s := newStage(t, deployed)
		require.Equal(t, unusable, connect(s.host, args))
		require.True(t, strings.HasSuffix(s.stderr.String(), "\n\n"+expected+"\n") || strings.HasSuffix(s.stderr.String(), "\n"+expected+"\n"), s.stderr.String())
		require.Equal(t, []string{""}, s.calls())
	}
}
