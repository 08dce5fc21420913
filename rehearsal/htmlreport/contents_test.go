package htmlreport_test

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
	"bastionless/rehearsal/stacktest"
)

// parsed returns the elements of a page in their order.
func parsed(t *testing.T, text string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf returns the text in an element, with single spaces.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// byID returns the element with an ID.
func byID(t *testing.T, all []*html.Node, id string) *html.Node {
	t.Helper()
	for _, n := range all {
		if attribute(n, "id") == id {
			return n
		}
	}
	require.Fail(t, "no element has the ID "+id)
	return nil
}

// rows returns the texts of the cells of the rows of all tables in an element.
func rows(n *html.Node) [][]string {
	var found [][]string
	for tr := range n.Descendants() {
		if tr.Data != "tr" || tr.Parent.Data != "tbody" {
			continue
		}
		var row []string
		for cell := range tr.ChildNodes() {
			if cell.Data == "td" || cell.Data == "th" {
				row = append(row, textOf(cell))
			}
		}
		found = append(found, row)
	}
	return found
}

// requireSound checks what is true of every page: IDs are unique, links lead to an ID, tables have headers, headings skip no
// level, and nothing is loaded or run.
func requireSound(t *testing.T, text string) {
	t.Helper()
	all := parsed(t, text)
	ids := map[string]bool{}
	for _, n := range all {
		if id := attribute(n, "id"); id != "" {
			require.False(t, ids[id], "two elements have the ID %s", id)
			ids[id] = true
		}
	}
	level, allowed := 0, strings.Fields("html head meta link title style body a header div h1 p dl dt dd nav ul li main section "+
		"h2 h3 span details summary table thead tbody tr th td strong bdi ol pre figure figcaption svg rect path text")
	for _, n := range all {
		require.Contains(t, allowed, n.Data)
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "src", "%s of %s", a.Key, n.Data)
			if a.Key == "href" {
				require.True(t, a.Val == "data:," || strings.HasPrefix(a.Val, "#") && ids[a.Val[1:]], a.Val)
			}
		}
		switch n.Data {
		case "h1", "h2", "h3":
			now := int(n.Data[1] - '0')
			require.LessOrEqual(t, now, level+1)
			level = now
		case "th":
			require.NotEmpty(t, attribute(n, "scope"))
		}
	}
}

// The sections of every page are in the order in which a reader needs them.
func TestHTML_sections(t *testing.T) {
	t.Parallel()
	for name, in := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := htmlOf(t, in)
			requireSound(t, text)
			var found []string
			for _, n := range parsed(t, text) {
				if n.Data == "section" && attribute(n, "id") != "failures" && attribute(n, "id") != "comparison" {
					found = append(found, attribute(n, "id"))
				}
			}
			require.Equal(t, strings.Fields("network claims hardening access assumptions remains charges resources"), found)
		})
	}
}

func TestHTML_dev(t *testing.T) {
	t.Parallel()
	state := deployed(t, "dev", nil)
	all := parsed(t, htmlOf(t, htmlreport.Input{State: state}))
	require.Equal(t, [][]string{
		{"users of this account", "session role", "permission", "may assume, with MFA"},
		{"session role", "Systems Manager", "permission", "opens shell, ssh"},
		{"instances in app-a", "interface endpoints in privatelink-a", "may connect", "tcp 443"},
		{"instances in app-a", "gateway endpoint s3", "may connect", "tcp 443"},
		{"subnet app-a", "gateway endpoint s3", "route", "app route table"},
		{"interface endpoints in privatelink-a", "Systems Manager", "attached", ""},
		{"gateway endpoint s3", "S3", "attached", ""},
	}, rows(byID(t, all, "network")))
	require.Equal(t, [][]string{
		{"2", "interface endpoints, counted once in each subnet", "per hour, and per GB of traffic"},
		{"1", "instances of type t3.micro", "per hour"},
		{"8", "GiB of root volumes", "per month"},
	}, rows(byID(t, all, "charges")))
	require.Equal(t, [][]string{
		{"flow-logs", "network", "refuted", "set flowLogDays, for example to 365"},
		{"multi-zone", "dev", "refuted", "add a zone to zones"},
		{"protected", "instances-a-1", "refuted", "set terminationProtection to true"},
		{"session.own", "session-role", "undecided", "list the ARNs of IAM users in sessionPrincipals"},
	}, rows(byID(t, all, "hardening")))
	require.Equal(t, "What outlives a destroy Nothing: a destroy deletes every resource.", textOf(byID(t, all, "remains")))
	decisions := map[string]string{}
	for _, row := range rows(byID(t, all, "access")) {
		decisions[row[0]+" "+row[1]+" "+row[2]] = row[3]
	}
	for request, want := range map[string]string{
		"arn:aws:iam::123456789012:root, with MFA sts:AssumeRole this role":                                                       "allowed",
		"IAM users without MFA sts:AssumeRole this role":                                                                          "denied",
		"principals of other accounts sts:AssumeRole this role":                                                                   "denied",
		"sessions of the role ssm:StartSession the instances of the state in ap-northeast-1, with AWS-StartSSHSession":            "allowed",
		"sessions of the role ssm:StartSession the instances of the state in ap-northeast-1, with AWS-StartPortForwardingSession": "denied",
		"sessions of the role ssm:StartSession other instances, or with other documents":                                          "denied",
		"sessions of the role ssm:TerminateSession their own sessions":                                                            "allowed",
		"sessions of the role ssm:TerminateSession sessions of others":                                                            "denied",
		"sessions of the role ec2-instance-connect:SendSSHPublicKey instance a-1, as root":                                        "denied",
		"sessions of the role ssm:SendCommand the instances of the state":                                                         "denied",
	} {
		require.Equal(t, want, decisions[request], request)
	}
}

// Each required claim has its steps with links to the resources, and is shown on the picture.
func TestHTML_claims(t *testing.T) {
	t.Parallel()
	state := deployed(t, "prod", nil)
	claims, err := proof.Check(state, proof.Options{})
	require.NoError(t, err)
	text := htmlOf(t, htmlreport.Input{State: state})
	all := parsed(t, text)
	section := textOf(byID(t, all, "claims"))
	for _, c := range claims {
		if c.Class == proof.Required {
			require.Contains(t, section, c.ID)
		}
	}
	steps := byID(t, all, "claim-1")
	var links []string
	for n := range steps.Descendants() {
		if n.Data == "a" {
			links = append(links, textOf(n))
		}
	}
	require.Equal(t, []string{
		"Show reach.ssm of instances-a-1 on the picture", "Instance instances-a-1", "Subnet network-app-a", "Vpc network", "VpcEndpoint endpoints-ssm",
	}, links[:5])
	// reach.ssm of a-1 highlights the instance, the endpoint and the service, and not the other instance.
	require.Equal(t, []string{"a-1", "app subnet", "interface endpoints", "ssm"}, slices.DeleteFunc(highlighted(t, text, 1), func(label string) bool {
		return !slices.Contains([]string{"a-1", "c-1", "app subnet", "interface endpoints", "ssm", "kms", "session role"}, label)
	}))
}

// highlighted returns the texts of the picture that a claim highlights, sorted and without repeats.
func highlighted(t *testing.T, text string, number int) []string {
	t.Helper()
	_, rule, found := strings.Cut(text, ":root:has(#show-"+string(rune('0'+number))+":target) .net .i:is(")
	require.True(t, found)
	rule, _, _ = strings.Cut(rule, ")")
	classes := strings.Split(rule, ",")
	labels := map[string]bool{}
	for _, n := range parsed(t, text) {
		if n.Data != "text" {
			continue
		}
		for _, class := range strings.Fields(attribute(n, "class")) {
			if slices.Contains(classes, "."+class) {
				labels[textOf(n)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(labels))
}

// Names and tags cannot do harm, and can be read.
func TestHTML_hostileNames(t *testing.T) {
	t.Parallel()
	text := htmlOf(t, htmlreport.Input{State: hostile(t)})
	requireSound(t, text)
	require.NotContains(t, text, "\u202e")
	whole := textOf(byID(t, parsed(t, text), "resources"))
	require.Contains(t, whole, "instances-"+scriptName)
	require.Contains(t, whole, "network-"+quoteName)
	require.Contains(t, whole, "[U+202E]gnp.exe \u05e9\u05dc\u05d5\u05dd")
	require.Less(t, len(text), 500_000)
}

// Secrets are not shown, even if the state contains their text.
func TestHTML_secrets(t *testing.T) {
	t.Parallel()
	state := deployed(t, "dev", nil)
	secret := map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": `"t3.hidden"`}
	for i := range state.Resources {
		if r := &state.Resources[i]; strings.HasSuffix(string(r.Type), ":Instance") {
			r.Outputs["instanceType"], r.Outputs["tags"] = secret, map[string]any{"Name": secret}
		}
	}
	text := htmlOf(t, htmlreport.Input{State: state})
	require.NotContains(t, text, "t3.hidden")
	require.Contains(t, text, "[secret]")
}

// A state of another project: what is not modeled is listed.
func TestHTML_stranger(t *testing.T) {
	t.Parallel()
	all := parsed(t, htmlOf(t, pages(t)["stranger"]))
	require.Contains(t, textOf(byID(t, all, "assumptions")), "aws:lb/loadBalancer:LoadBalancer front")
	require.Contains(t, textOf(byID(t, all, "failures")), "isolated (vpc) is refuted")
	require.Contains(t, rows(byID(t, all, "charges")), []string{"1", "load balancers", "per hour, and by use"})
}

// Without instances there is nothing to claim and nothing to draw, but the resources are listed.
func TestHTML_noInstance(t *testing.T) {
	t.Parallel()
	state := deployed(t, "dev", nil)
	for i, r := range state.Resources {
		if strings.HasSuffix(string(r.Type), ":Instance") {
			state.Resources = slices.Delete(state.Resources, i, i+1)
			break
		}
	}
	text := htmlOf(t, htmlreport.Input{State: state})
	requireSound(t, text)
	require.Contains(t, textOf(byID(t, parsed(t, text), "network")), "There is no network to draw")
	require.Contains(t, textOf(byID(t, parsed(t, text), "resources")), "endpoints-ssm")
}

// The result of a rehearsal that failed is a page, too.
func TestHTML_failedRehearsal(t *testing.T) {
	t.Parallel()
	result := &report.Report{
		Stack: "dev", Steps: []report.Step{{Name: "up", Error: "no & never"}}, Warnings: []string{"a warning"}, Assumed: []string{"key k"}, Left: []string{"a VPC"},
		Changed: []string{"a route"}, Account: &report.Account{File: "a.json", ID: "123456789012", Region: "eu-west-1"},
	}
	result.Conclude()
	text := htmlOf(t, htmlreport.Input{Result: result})
	requireSound(t, text)
	all := parsed(t, text)
	require.Equal(t, [][]string{{"up", "failed no & never", "0.00", ""}}, rows(byID(t, all, "steps")))
	require.Equal(t, "What failed up: no & never left in the account: a VPC changed in the account: a route", textOf(byID(t, all, "failures")))
	require.Equal(t, "Warnings and assumptions Warnings of the program a warning Assumed about AWS and the account key k", textOf(byID(t, all, "assumptions")))
}

// The picture in the READMEs is that of the frozen stack dev.
func TestREADME_picture(t *testing.T) {
	t.Parallel()
	r, err := htmlreport.New(htmlreport.Input{State: deployed(t, "dev", nil)})
	require.NoError(t, err)
	var picture strings.Builder
	require.NoError(t, r.WriteSVG(&picture))
	requireXML(t, picture.String())
	require.Less(t, picture.Len(), 200_000)
	path := filepath.Join(stacktest.Root(), "docs", "dev.svg")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(picture.String()), 0o600))
	}
	committed, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(committed), picture.String(), "if this is right: go test -trimpath ./rehearsal/htmlreport -update")
	for _, name := range []string{"README.md", "README.ja.md"} {
		text, err := os.ReadFile(filepath.Join(stacktest.Root(), name))
		require.NoError(t, err)
		require.Contains(t, string(text), "](docs/dev.svg)")
	}
}

// requireXML checks that a text is well-formed XML.
func requireXML(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}
