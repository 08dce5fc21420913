package htmlreport_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
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

// textsOf returns the texts of the elements with all the classes.
func textsOf(all []*html.Node, classes string) []string {
	var found []string
	for _, n := range all {
		has := strings.Fields(attribute(n, "class"))
		if !slices.ContainsFunc(strings.Fields(classes), func(class string) bool { return !slices.Contains(has, class) }) {
			found = append(found, textOf(n))
		}
	}
	return found
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
			want := "network claims hardening access assumptions remains charges resources"
			if slices.Contains([]string{"existing", "access", "owners", "untagged"}, name) {
				want = "network claims hardening owners access assumptions remains charges resources"
			}
			require.Equal(t, strings.Fields(want), found)
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
		if row[1] == "ssm:StartSession" && strings.HasPrefix(row[2], "other instances") {
			require.Regexp(t, `^no statement of the principal's policies allows it \(statement "StartSession" of RolePolicy "session-role" covers only arn:.*\)$`, row[4])
		}
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
	require.Contains(t, whole, "a"+strings.Repeat("\u0338", 4)+"[U+0338]")
	require.NotContains(t, text, strings.Repeat("\u0338", 5))
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
	require.Contains(t, rows(byID(t, all, "charges")), []string{"1", "instances of type (unknown)", "per hour"})
}

// Nothing is claimed about a state without instances, which is neither a success nor a failure. The network is drawn.
func TestHTML_noInstance(t *testing.T) {
	t.Parallel()
	in := htmlreport.Input{State: without(deployed(t, "dev", nil), ":Instance")}
	text := htmlOf(t, in)
	requireSound(t, text)
	all := parsed(t, text)
	const why = "Nothing is claimed about the stack: the state has no EC2 instance, so there is nothing to prove: deploy the stack first."
	require.Equal(t, []string{why}, textsOf(all, "verdict unproven"))
	require.Equal(t, "dev: nothing is claimed", textOf(all[slices.IndexFunc(all, func(n *html.Node) bool { return n.Data == "title" })]))
	require.Equal(t, "## ⚪ `dev`\n\n"+why+"\n", markdownOf(t, in))
	require.Equal(t, [][]string{
		{"users of this account", "session role", "permission", "may assume, with MFA"},
		{"session role", "Systems Manager", "permission", "opens shell, ssh"},
		{"subnet app-a", "gateway endpoint s3", "route", "app route table"},
		{"interface endpoints in privatelink-a", "Systems Manager", "attached", ""},
		{"gateway endpoint s3", "S3", "attached", ""},
	}, rows(byID(t, all, "network")))
	require.Equal(t, []string{"way in?", "way out?"}, slices.Sorted(slices.Values(textsOf(all, "label absent"))))
	require.Equal(t, "Hardening Nothing is claimed about the stack.", textOf(byID(t, all, "hardening")))
	require.Equal(t, "Who may do what No request was decided.", textOf(byID(t, all, "access")))
	require.Contains(t, textOf(byID(t, all, "resources")), "endpoints-ssm")
}

// A state without a network has no picture, and the page says why.
func TestHTML_nothingToDraw(t *testing.T) {
	t.Parallel()
	state := added(deployed(t, "dev", nil), "aws:eks/nodeGroup:NodeGroup")
	state.Resources = state.Resources[len(state.Resources)-1:]
	all := parsed(t, htmlOf(t, htmlreport.Input{State: state}))
	require.Equal(t, "Network There is no network to draw: the state has no VPC, no instance and no role that people can assume to start sessions.",
		textOf(byID(t, all, "network")))
	require.Contains(t, textOf(byID(t, all, "assumptions")), "aws:eks/nodeGroup:NodeGroup front")
}

// Claims are shown even if a property that the picture needs is encrypted.
func TestHTML_encrypted(t *testing.T) {
	t.Parallel()
	state := deployed(t, "dev", nil)
	for i := range state.Resources {
		if r := &state.Resources[i]; strings.HasSuffix(string(r.Type), ":Vpc") {
			r.Outputs["cidrBlock"] = map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
		}
	}
	all := parsed(t, htmlOf(t, htmlreport.Input{State: state}))
	require.Equal(t, "Network There is no network to draw: the state encrypts properties that claims depend on: cidrBlock of Vpc \"network\": "+
		`export it with "pulumi stack export --show-secrets".`, textOf(byID(t, all, "network")))
	require.Contains(t, textOf(byID(t, all, "claims")), "session.mfa")
	// A comparison would say that everything that cannot be read has closed.
	_, err := htmlreport.New(htmlreport.Input{State: state, Earlier: deployed(t, "dev", nil), EarlierName: "dev.json"})
	require.ErrorContains(t, err, "--show-secrets")
}

// The page marks what the stack reads and does not manage.
func TestHTML_external(t *testing.T) {
	t.Parallel()
	state := inAccount(t, "existing")
	for i := range state.Resources {
		// A volume that exists is not charged to the stack.
		if r := state.Resources[i]; r.External && strings.HasSuffix(string(r.Type), ":Vpc") {
			r.URN = "urn:pulumi:existing::bastionless::aws:ebs/volume:Volume::data"
			r.Type, r.ID, r.Outputs = r.URN.Type(), "vol-1", map[string]any{"size": float64(100)}
			state.Resources = append(state.Resources, r)
			break
		}
	}
	all := parsed(t, htmlOf(t, htmlreport.Input{State: state}))
	require.Equal(t, []string{"existing VPC 10.20.0.0/16"}, textsOf(all, "title"))
	kinds := textsOf(all, "kind")
	require.Equal(t, []string{"existing gateway endpoint", "instance", "interface endpoints"}, slices.Compact(slices.Sorted(slices.Values(
		slices.DeleteFunc(kinds, func(kind string) bool { return strings.HasPrefix(kind, "10.") })))))
	require.Len(t, textsOf(all, "external"), 5) // the VPC, two subnets, the gateway endpoint and its chip
	require.Contains(t, rows(byID(t, all, "network")), []string{"existing subnet-0a1b2c3d4e5f6000c", "existing gateway endpoint s3", "route", "main route table"})
	require.Equal(t, [][]string{
		{"4", "interface endpoints, counted once in each subnet", "per hour, and per GB of traffic"},
		{"2", "instances of type t3.micro", "per hour"},
		{"16", "GiB of root volumes", "per month"},
	}, rows(byID(t, all, "charges")))
	require.Contains(t, textOf(byID(t, all, "charges")), "Not counted: 9 resources that the stack reads and does not manage.")
	for _, row := range rows(byID(t, all, "remains")) {
		require.Equal(t, "it exists independently: the stack only reads it", row[2])
	}
	require.Contains(t, textOf(byID(t, all, "resources")), "existing-network-vpc-0a1b2c3d4e5f60001 exists: read, not managed")
	require.NotContains(t, textOf(byID(t, all, "resources")), "endpoints-ssm exists: read, not managed")
}

// Resources that the stack keeps come before those that exist independently of it.
func TestHTML_remains(t *testing.T) {
	t.Parallel()
	state := inAccount(t, "existing")
	for i := range state.Resources {
		if r := &state.Resources[i]; strings.HasSuffix(string(r.URN), "::endpoints-ssm") {
			r.RetainOnDelete = true
		}
	}
	table := rows(byID(t, parsed(t, htmlOf(t, htmlreport.Input{State: state})), "remains"))
	require.Equal(t, []string{"VpcEndpoint", "endpoints-ssm", "kept on purpose: Pulumi forgets it and does not delete it"}, table[0])
	require.Greater(t, len(table), 1)

	// A database with deletion protection makes a destroy fail.
	state = added(mistake(t, "internet-gateway-always"), "aws:rds/instance:Instance")
	state.Resources[len(state.Resources)-1].Outputs["deletionProtection"] = true
	require.Contains(t, rows(byID(t, parsed(t, htmlOf(t, htmlreport.Input{State: state})), "remains")),
		[]string{"Instance", "front", "deletion protection: AWS refuses to delete it until the protection is off"})
}

// The result of a rehearsal that failed is a page, too.
func TestHTML_failedRehearsal(t *testing.T) {
	t.Parallel()
	result := &report.Report{
		Stack: "dev", Steps: []report.Step{{Name: "up", Error: "no & never", Changes: map[string]int{"same": 2, "create": 9, "delete": 0}}}, Warnings: []string{"a warning"}, Assumed: []string{"key k"}, Left: []string{"a VPC"},
		Changed: []string{"a route"}, Account: &report.Account{File: "a.json", ID: "123456789012", Region: "eu-west-1"},
	}
	result.Conclude()
	text := htmlOf(t, htmlreport.Input{Result: result})
	requireSound(t, text)
	all := parsed(t, text)
	require.Equal(t, [][]string{{"up", "failed no & never", "0.00", "9 create, 2 same"}}, rows(byID(t, all, "steps")))
	require.Equal(t, "What failed up: no & never left in the account: a VPC changed in the account: a route", textOf(byID(t, all, "failures")))
	require.Equal(t, "Warnings and assumptions Warnings of the program a warning Assumed about AWS and the account key k", textOf(byID(t, all, "assumptions")))
}
