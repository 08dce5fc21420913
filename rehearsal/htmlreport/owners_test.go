package htmlreport_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/report"
)

// neglected returns the state of access in which one instance has no profile and the other one, without a Name tag, is
// stopped.
func neglected(t *testing.T) *apitype.DeploymentV3 {
	t.Helper()
	d := inAccount(t, "access")
	for _, r := range d.Resources {
		switch r.ID {
		case "i-0a1b2c3d4e5f70011":
			r.Outputs["iamInstanceProfile"] = ""
		case "i-0a1b2c3d4e5f70012":
			r.Outputs["instanceState"], r.Outputs["tags"] = "stopped", map[string]any{"team": "db"}
		}
	}
	return d
}

// A page has a section to give to the owners of what the stack reads.
func TestHTML_owners(t *testing.T) {
	t.Parallel()
	text := htmlOf(t, htmlreport.Input{State: neglected(t)})
	requireSound(t, text)
	section := byID(t, parsed(t, text), "owners")
	table := rows(section)
	require.Equal(t, [][]string{
		{"Instance i-0a1b2c3d4e5f70012", "start it", "the instance reaches ssm (reach.ssm)"},
		{"Instance i-0a1b2c3d4e5f70011 (db-1)", "give it an instance profile whose role has AmazonSSMManagedInstanceCore", "the SSM Agent may make its requests (agent)"},
	}, table[:2])
	require.Contains(t, table[2:], []string{
		"VpcEndpoint vpce-0a1b2c3d4e5f70002 (ssm)", "require StringEquals aws:PrincipalAccount = 123456789012 in the policy",
		"the endpoint of ssm serves only the stack's own requests (endpoint-policy.ssm)",
	})
	require.Equal(t, []string{"Instance i-0a1b2c3d4e5f70011 (db-1)"}, restarted(section))

	// The agents do not have the permissions before the deployment.
	section = byID(t, parsed(t, htmlOf(t, htmlreport.Input{State: inAccount(t, "access")})), "owners")
	require.Equal(t, []string{"Instance i-0a1b2c3d4e5f70011 (db-1)", "Instance i-0a1b2c3d4e5f70012 (db-2)"}, restarted(section))
}

// restarted returns the instances whose agents have to be restarted.
func restarted(section *html.Node) []string {
	var found []string
	for n := range section.Descendants() {
		if n.Data == "li" {
			found = append(found, textOf(n))
		}
	}
	return found
}

// With --strict, nothing is optional.
func TestHTML_ownersStrict(t *testing.T) {
	t.Parallel()
	headings := func(strict bool) []string {
		var found []string
		for n := range byID(t, parsed(t, htmlOf(t, htmlreport.Input{State: neglected(t), Strict: strict})), "owners").Descendants() {
			if n.Data == "h3" {
				found = append(found, textOf(n))
			}
		}
		return found
	}
	require.Equal(t, []string{"Required", "Restart the SSM Agent", "Optional"}, headings(false))
	require.Equal(t, []string{"Required", "Restart the SSM Agent"}, headings(true))
}

// The summary of a job has what is required.
func TestMarkdown_owners(t *testing.T) {
	t.Parallel()
	markdown := func(in htmlreport.Input) string {
		r, err := htmlreport.New(in)
		require.NoError(t, err)
		var text strings.Builder
		require.NoError(t, r.WriteMarkdown(&text))
		return text.String()
	}
	lines := strings.Split(markdown(htmlreport.Input{State: neglected(t)}), "\n")
	at := slices.Index(lines, "### For the owners of existing resources")
	require.Positive(t, at)
	require.Equal(t, []string{
		"", "- Instance i-0a1b2c3d4e5f70012: start it", "- Instance i-0a1b2c3d4e5f70011 (db-1): give it an instance profile whose role has AmazonSSMManagedInstanceCore",
		"- Instance i-0a1b2c3d4e5f70011 (db-1): restart the SSM Agent afterwards (`sudo systemctl restart amazon-ssm-agent`), or reboot the instance", "",
	}, lines[at+1:])
	require.NotContains(t, markdown(htmlreport.Input{State: deployed(t, "dev", nil)}), "owners")
	require.NotContains(t, markdown(htmlreport.Input{Result: &report.Report{Stack: "dev"}}), "owners")
}

// An endpoint in several subnets is one endpoint.
func TestHTML_countsEndpointsOnce(t *testing.T) {
	t.Parallel()
	require.Contains(t, htmlOf(t, htmlreport.Input{State: inAccount(t, "access")}), "1 VPC, 2 zones, 2 subnets, 2 instances, 3 endpoints.")
}

// untagged returns the state of access for tags that no instance has.
func untagged(t *testing.T) *apitype.DeploymentV3 {
	t.Helper()
	return inAccountWith(t, "access", map[string]string{"targetTags": `["team=search"]`})
}

// Claims are made about a stack without instances. The page says what is missing and shows the endpoints.
func TestHTML_untagged(t *testing.T) {
	t.Parallel()
	all := parsed(t, htmlOf(t, htmlreport.Input{State: untagged(t)}))
	require.Equal(t, []string{"1 check failed: session.start (session-role) is undecided."}, textsOf(all, "verdict"))
	require.Equal(t, [][]string{{"the instances that people should reach", "tag them with team=search", "the listed people can start sessions (session.start)"}},
		rows(byID(t, all, "owners")))
	require.Greater(t, len(rows(byID(t, all, "access"))), 10)
	require.Contains(t, textOf(byID(t, all, "network")), "The network: 1 VPC, 2 zones, 2 subnets, 3 endpoints.")
}

// Interface endpoints are drawn even if the state does not contain their subnets.
func TestHTML_otherSubnets(t *testing.T) {
	t.Parallel()
	const endpoints = "existing interface endpoints ssm, ssmmessages in other subnets"
	network := byID(t, parsed(t, htmlOf(t, htmlreport.Input{State: without(untagged(t), ":Subnet")})), "network")
	require.Contains(t, rows(network), []string{"all of 10.20.0.0/16, 100.64.0.0/16", endpoints, "may connect", "tcp 443"})
	require.Contains(t, rows(network), []string{endpoints, "Systems Manager", "attached", ""})
	require.Contains(t, textOf(network), "The network: 1 VPC, 3 endpoints.")
	require.NotContains(t, textOf(network), "no route leads there")
}
