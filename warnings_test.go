package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

const (
	warnEC2Messages = "ec2messagesEndpoint: AWS is reported to have retired ec2messages on 2026-09-30, and agents from 3.3.40.0 " +
		"do without it. Set it to false, unless an older agent runs"
	warnFull = "endpointPolicy: full lets principals of every account through the endpoints, so that data can leave by them. " +
		"Set it to restricted"
	warnAL2 = "os: Amazon Linux 2 is past its end of support, 2026-06-30. Set it to al2023, and amiId to an image of that or to " +
		"none, which replaces the instances"
	warnOpen = "instanceEgress: open lets instances reach everything that a route leads to. Set it to restricted, with forwardTo " +
		"for what else they need"
	warnAny    = "sessionTargets: any opens sessions on every instance of the account, not on the stack's alone. Set it to stack"
	warnRemote = "sessionDocuments: remote-port-forwarding reaches nothing while instanceEgress is restricted and forwardTo is empty. " +
		"List its targets in forwardTo"
)

// Each unwise setting is warned of once, in a preview as in an update, and nothing else is.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  values
		want []string
	}{
		"the defaults":            {nil, nil},
		"ec2messages":             {values{"ec2messagesEndpoint": "true"}, []string{warnEC2Messages}},
		"an open endpoint policy": {values{"endpointPolicy": "full"}, []string{warnFull}},
		"Amazon Linux 2":          {values{"os": "al2"}, []string{warnAL2}},
		"egress to everywhere":    {values{"instanceEgress": "open"}, []string{warnOpen}},
		"egress to every address": {
			values{
				"sessionDocuments": list("remote-port-forwarding"),
				"forwardTo":        list("0.0.0.0/0:443", "10.0.32.0/24:5432", "0.0.0.0/0:22"),
			},
			[]string{
				"forwardTo: 0.0.0.0/0:443 is every address. Name the blocks that instances need",
				"forwardTo: 0.0.0.0/0:22 is every address. Name the blocks that instances need",
			},
		},
		"sessions on any instance": {values{"sessionTargets": "any"}, []string{warnAny}},
		"forwarding to nowhere":    {values{"sessionDocuments": list("remote-port-forwarding")}, []string{warnRemote}},
		"forwarding to somewhere": {
			values{"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list("10.0.32.0/24:5432")}, nil,
		},
		"forwarding beyond the VPC": {
			values{"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list("10.0.0.0/8:1", "192.168.1.0/24:22")},
			[]string{"forwardTo: 192.168.1.0/24:22 is outside the VPC 10.0.0.0/16, and no route leads there. Give a target within, or " +
				"connect the two networks yourself"},
		},
		"targets that nobody forwards to": {
			values{"forwardTo": list("10.0.32.0/24:5432")},
			[]string{"forwardTo: no session forwards to it while sessionDocuments is without remote-port-forwarding. List that there, " +
				"or empty forwardTo"},
		},
		"forwarding to everywhere": {
			values{"sessionDocuments": list("remote-port-forwarding"), "instanceEgress": "open"}, []string{warnOpen},
		},
		"all at once": {
			values{
				"ec2messagesEndpoint": "true", "endpointPolicy": "full", "os": "al2", "instanceEgress": "open", "sessionTargets": "any",
			},
			[]string{warnEC2Messages, warnFull, warnAL2, warnOpen, warnAny},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := append(pulumitest.Tokyo().Answers(), pulumitest.Parameter("amzn2-ami-hvm-x86_64-gp2", "ami-al2"))
			pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
				result := pulumitest.Run(t, pulumitest.Setup{Mode: mode, Config: configured(t, test.set), Answers: answers}, run)
				require.NoError(t, result.Err)
				require.Equal(t, test.want, result.Warnings)
			})
		})
	}
}

func TestWarnings_ofTheStacks(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string][]string{
		"article": {warnEC2Messages, warnFull, warnAL2, warnOpen, warnAny},
		"dev":     nil,
		"prod":    nil,
	} {
		require.Equal(t, want, runStack(t, pulumitest.Update, stack).Warnings, stack)
	}
}
