package htmlreport_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// With -pages, TestPages writes its pages into the directory, for the tests in a browser.
var (
	pagesDir = flag.String("pages", "", "write the pages of the tests into the directory")
	update   = flag.Bool("update", false, "write the picture in the READMEs")
)

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// deployed deploys a frozen stack to the simulated AWS and returns its state.
func deployed(t *testing.T, stack string, overrides map[string]string) *apitype.DeploymentV3 {
	t.Helper()
	return read(t, stacktest.Export(t, stacktest.Deploy(t, stack, overrides)))
}

// inAccount deploys a frozen stack in its account, in which resources exist, and returns its state.
func inAccount(t *testing.T, stack string) *apitype.DeploymentV3 {
	t.Helper()
	return inAccountWith(t, stack, nil)
}

// inAccountWith is like inAccount, with other values in the stack file.
func inAccountWith(t *testing.T, stack string, overrides map[string]string) *apitype.DeploymentV3 {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: stacktest.Account(t, stack)})
	require.NoError(t, err)
	deployed := stacktest.Open(t, engine.Options{Stack: stack, Config: overrides, Provider: cloud.NewProvider})
	require.Empty(t, deployed.Up(t.Context()).Failure())
	return read(t, stacktest.Export(t, deployed))
}

func read(t *testing.T, text *bytes.Buffer) *apitype.DeploymentV3 {
	t.Helper()
	deployment, err := proof.Read(text)
	require.NoError(t, err)
	return deployment
}

// mistake returns one of the states with a known mistake. They are stacks that this project does not declare.
func mistake(t *testing.T, name string) *apitype.DeploymentV3 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "proof", "testdata", name+".json"))
	require.NoError(t, err)
	return read(t, bytes.NewBuffer(text))
}

// without returns a state without the resources of a type.
func without(d *apitype.DeploymentV3, typ string) *apitype.DeploymentV3 {
	d.Resources = slices.DeleteFunc(d.Resources, func(r apitype.ResourceV3) bool { return strings.HasSuffix(string(r.Type), typ) })
	return d
}

// opened adds rules that let CIDR blocks connect to the instances of a state.
func opened(d *apitype.DeploymentV3, count int) *apitype.DeploymentV3 {
	i := slices.IndexFunc(d.Resources, func(r apitype.ResourceV3) bool { return strings.HasSuffix(string(r.URN), "::security-instances") })
	for n := range count {
		r := d.Resources[i]
		r.URN = resource.URN(fmt.Sprintf("urn:pulumi:dev::bastionless::aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::in-%d", n))
		r.Type, r.Inputs, r.Parent = r.URN.Type(), map[string]any{}, ""
		r.Outputs = map[string]any{
			"securityGroupId": r.ID.String(), "ipProtocol": "tcp", "fromPort": float64(1000 + n), "toPort": float64(1000 + n), "cidrIpv4": fmt.Sprintf("10.%d.0.0/16", 100+n),
		}
		r.ID = resource.ID(fmt.Sprintf("sgr-%017d", n))
		d.Resources = append(d.Resources, r)
	}
	return d
}

// added adds resources to a state.
func added(d *apitype.DeploymentV3, types ...string) *apitype.DeploymentV3 {
	for _, typ := range types {
		r := d.Resources[len(d.Resources)-1]
		r.URN = resource.URN("urn:pulumi:peer::peer::" + typ + "::front")
		r.Type, r.ID, r.Custom = r.URN.Type(), "front-1", true
		r.Outputs, r.Inputs = map[string]any{"arn": "arn:aws:x:eu-west-1:123456789012:front"}, map[string]any{}
		d.Resources = append(d.Resources, r)
	}
	return d
}

// replaced replaces texts in a state.
func replaced(t *testing.T, d *apitype.DeploymentV3, pairs ...string) *apitype.DeploymentV3 {
	t.Helper()
	text, err := json.Marshal(d)
	require.NoError(t, err)
	quoted := make([]string, len(pairs))
	for i, pair := range pairs {
		one, err := json.Marshal(pair)
		require.NoError(t, err)
		quoted[i] = strings.Trim(string(one), `"`)
		if strings.HasPrefix(pair, `"`) {
			quoted[i] = pair
		}
	}
	var changed apitype.DeploymentV3
	require.NoError(t, json.Unmarshal([]byte(strings.NewReplacer(quoted...).Replace(string(text))), &changed))
	return &changed
}

// Names that could do harm in HTML, CSS or SVG, or hide what they are.
const (
	scriptName  = `</title><script>alert(1)</script>`
	quoteName   = `"'><img src=x onerror=alert(2)>`
	rightToLeft = "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd"
	styleName   = `</style><style>*{display:none}`
)

var veryLong = strings.Repeat("0123456789", 1000)

// hostile returns the state of dev with names and tags that could do harm.
func hostile(t *testing.T) *apitype.DeploymentV3 {
	t.Helper()
	d := deployed(t, "dev", nil)
	return replaced(t, d,
		"instances-a-1", "instances-"+scriptName, "network-app-a", "network-"+quoteName, "endpoints-ssmmessages", "endpoints-"+rightToLeft,
		"network-privatelink-a", "network-"+veryLong, "session-role", "session-"+styleName, "security-instances", `javascript:alert(3)//{{.}}`,
		"network-default-sg", "a"+strings.Repeat("\u0338", 1000))
}

// many returns the state of a stack with copies of its instances.
func many(t *testing.T, base *apitype.DeploymentV3, count int) *apitype.DeploymentV3 {
	t.Helper()
	d := *base
	for _, r := range base.Resources {
		if !strings.HasSuffix(string(r.Type), ":Instance") {
			continue
		}
		for n := 2; n <= count; n++ {
			text, err := json.Marshal(r)
			require.NoError(t, err)
			id := fmt.Sprintf("%s%04x", r.ID[:len(r.ID)-4], n)
			address, _ := r.Outputs["privateIp"].(string)
			other := fmt.Sprintf("%s%d", address[:strings.LastIndex(address, ".")+1], n%200+10)
			var one apitype.ResourceV3
			require.NoError(t, json.Unmarshal([]byte(strings.NewReplacer(string(r.ID), id, `"`+address+`"`, `"`+other+`"`).Replace(string(text))), &one))
			one.URN = r.URN.Rename(strings.TrimSuffix(r.URN.Name(), "1") + fmt.Sprint(n))
			d.Resources = append(d.Resources, one)
		}
	}
	return &d
}

// pages returns the reports of all kinds of states, by name.
func pages(t *testing.T) map[string]htmlreport.Input {
	t.Helper()
	dev := deployed(t, "dev", nil)
	return map[string]htmlreport.Input{
		"article": {State: deployed(t, "article", nil)},
		"dev":     {State: dev},
		"prod":    {State: deployed(t, "prod", nil)},
		"zones": {State: deployed(t, "dev", map[string]string{
			"zones": `["a","c","d"]`, "instancesPerZone": "14", "forwardTo": `["10.0.32.0/24:5432","192.168.0.0/24:22"]`,
			"sessionDocuments": `["shell", "ssh", "port-forwarding", "remote-port-forwarding"]`,
		})},
		"existing": {State: inAccount(t, "existing")},
		"access":   {State: inAccount(t, "access")},
		"owners":   {State: neglected(t)},
		"untagged": {State: without(untagged(t), ":Subnet")},
		"empty":    {State: without(deployed(t, "prod", nil), ":Instance")},
		"fleet":    {State: added(without(mistake(t, "internet-gateway-always"), ":Instance"), "aws:eks/nodeGroup:NodeGroup", "gcp:storage/bucket:Bucket")},
		"opened":   {State: opened(deployed(t, "dev", nil), 30)},
		"shared":   {State: deployed(t, "dev", map[string]string{"subnetLayout": "shared", "zones": `["a","c"]`})},
		"refuted":  {State: mistake(t, "ssh-from-everywhere")},
		"stranger": {State: added(mistake(t, "internet-gateway-always"), "aws:lb/loadBalancer:LoadBalancer", "aws:rds/instance:Instance")},
		"hostile":  {State: hostile(t)},
		"compared": {
			State: deployed(t, "dev", map[string]string{
				"zones": `["a","c"]`, "requireMfa": "false", "forwardTo": `["10.0.32.0/24:5432"]`, "terminationProtection": "true",
				"sessionPrincipals": `["arn:aws:iam::123456789012:role/ci"]`,
			}),
			Earlier: dev, EarlierName: "dev.json",
		},
		"thousand": {State: many(t, deployed(t, "prod", nil), 500)},
	}
}
