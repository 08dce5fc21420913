package diagram_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

var update = flag.Bool("update", false, "write the diagrams in testdata")

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// deployed deploys a frozen stack to the simulated AWS. Overrides change its configuration.
func deployed(t *testing.T, stack string, overrides map[string]string) *apitype.DeploymentV3 {
	t.Helper()
	state := stacktest.Export(t, stacktest.Deploy(t, stack, overrides))
	deployment, err := proof.Read(state)
	require.NoError(t, err)
	return deployment
}

// drawn draws a deployment.
func drawn(t *testing.T, deployment *apitype.DeploymentV3) string {
	t.Helper()
	topology, err := proof.ReadTopology(deployment)
	require.NoError(t, err)
	return diagram.Draw(topology)
}

// requireFile checks that a file contains a text. With -update it writes the file.
func requireFile(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	expected, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(expected), text, "if this is right: go test -trimpath ./rehearsal/diagram -update")
}

// generated matches IDs and names that AWS and Pulumi generate.
var generated = regexp.MustCompile(`[a-z]+-[0-9a-f]{7,17}\b|[0-9]{12}`)

// Each frozen stack, and configurations that change the diagram.
func TestDraw_stacks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stack     string
		overrides map[string]string
	}{
		"dev":     {"dev", nil},
		"prod":    {"prod", nil},
		"article": {"article", nil},
		"shared":  {"dev", map[string]string{"subnetLayout": "shared"}},
		"no-s3":   {"dev", map[string]string{"s3Endpoint": "false", "agentAutoUpdate": "false"}},
		"many": {"dev", map[string]string{
			"instancesPerZone": "12", "zones": `["a","c"]`, "os": "al2", "interfaceEndpoints": `["ecr.api","secretsmanager"]`,
			"sessionDocuments": `["shell","remote-port-forwarding"]`, "forwardTo": `["10.0.32.0/24:5432","192.168.0.0/24:22"]`,
			"sessionPrincipals": `["account","210987654321"]`,
		}},
		"roles": {"dev", map[string]string{
			"requireMfa": "false", "sessionPrincipals": `["sso:Ops","sso:Dev","arn:aws:iam::123456789012:role/ci"]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deployment := deployed(t, test.stack, test.overrides)
			text := drawn(t, deployment)
			requireWellFormed(t, text)
			requireFile(t, filepath.Join("testdata", name+".mmd"), text)
			if name != "many" {
				require.Empty(t, generated.FindAllString(text, -1))
			}

			again := deployed(t, test.stack, test.overrides)
			require.Equal(t, text, drawn(t, again), "deployed again")
			for i := range again.Resources {
				j := (i * 7) % len(again.Resources)
				again.Resources[i], again.Resources[j] = again.Resources[j], again.Resources[i]
			}
			require.Equal(t, text, drawn(t, again), "in another order")
		})
	}
}

// Each line belongs to a resource: without the resource, the line is missing, and no other.
func TestDraw_linesBelongToResources(t *testing.T) {
	t.Parallel()
	whole := deployed(t, "dev", nil)
	before := lines(drawn(t, whole))
	for name, expected := range map[string][]string{
		"SecurityGroupEgressRule::security-egress-s3-443":      {`instances_app_a -->|"tcp 443"| gateway_s3`},
		"SecurityGroupEgressRule::security-egress-endpoints":   {`instances_app_a -->|"tcp 443"| endpoints_privatelink_a`},
		"SecurityGroupIngressRule::security-ingress-instances": {`instances_app_a -->|"tcp 443"| endpoints_privatelink_a`},
		"RouteTableAssociation::network-app-a":                 {`subnet_app_a -.->|"app route table"| gateway_s3`},
		"RouteTableAssociation::network-privatelink-a":         nil,
		"RolePolicy::session-role": {
			`people["users of this account"]`, `role_session_role["session role"]`,
			`people -->|"may assume, with MFA"| role_session_role`, `role_session_role -->|"opens shell, ssh"| service_systems_manager`,
		},
		"VpcEndpoint::endpoints-s3": {
			`gateway_s3["gateway endpoint<br/>s3"]`, `service_s3["S3"]`,
			`instances_app_a -->|"tcp 443"| gateway_s3`, `subnet_app_a -.->|"app route table"| gateway_s3`, `gateway_s3 --- service_s3`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			without := *whole
			without.Resources = nil
			for _, r := range whole.Resources {
				if !strings.HasSuffix(string(r.URN), name) {
					without.Resources = append(without.Resources, r)
				}
			}
			require.Len(t, without.Resources, len(whole.Resources)-1)
			after := lines(drawn(t, &without))
			var missing []string
			for _, line := range before {
				if !slices.Contains(after, line) {
					missing = append(missing, line)
				}
			}
			require.ElementsMatch(t, expected, missing)
		})
	}
}

// lines returns the lines of a text without their indentation.
func lines(text string) []string {
	var found []string
	for _, line := range strings.Split(text, "\n") {
		found = append(found, strings.TrimSpace(line))
	}
	return found
}
