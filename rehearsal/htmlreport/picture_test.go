package htmlreport_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/stacktest"
)

// A claim highlights wires only between its nodes, and the Internet only if it is about ways to it.
func TestHTML_highlightedWires(t *testing.T) {
	t.Parallel()
	text := htmlOf(t, htmlreport.Input{State: deployed(t, "prod", nil)})
	classes := classesOf(t, text, 1) // reach.ssm of a-1
	var lines []string
	for _, n := range parsed(t, text) {
		if d := attribute(n, "d"); strings.Contains(d, " H") && classes[strings.Fields(attribute(n, "class"))[1]] {
			lines = append(lines, d)
		}
	}
	// The service with the endpoints, and the instance with the endpoints in both zones. The wire to the gateway endpoint
	// continues to 699, and that of the other services to 936.
	require.Equal(t, []string{"M212 398 H490", "M212 132 H490", "M490 132 H754"}, lines)
	require.NotContains(t, highlighted(t, text, 1), "Internet")
	claims := map[string]int{}
	for i, n := range slices.DeleteFunc(parsed(t, text), func(n *html.Node) bool { return attribute(n, "class") != "chosen" }) {
		claims[strings.Fields(textOf(n))[0]] = i + 1
	}
	require.Contains(t, highlighted(t, text, claims["isolated"]), "Internet")
}

// classesOf returns the classes of the parts that a claim highlights.
func classesOf(t *testing.T, text string, number int) map[string]bool {
	t.Helper()
	_, rule, found := strings.Cut(text, fmt.Sprintf(":root:has(#show-%d:target) .net .i:is(", number))
	require.True(t, found)
	rule, _, _ = strings.Cut(rule, ")")
	classes := map[string]bool{}
	for _, class := range strings.Split(rule, ",") {
		classes[strings.TrimPrefix(class, ".")] = true
	}
	return classes
}

// highlighted returns the texts of the picture that a claim highlights, sorted and without repeats.
func highlighted(t *testing.T, text string, number int) []string {
	t.Helper()
	classes := classesOf(t, text, number)
	labels := map[string]bool{}
	for _, n := range parsed(t, text) {
		if n.Data != "text" {
			continue
		}
		for _, class := range strings.Fields(attribute(n, "class")) {
			if classes[class] {
				labels[textOf(n)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(labels))
}

// The lines to the Internet start at the VPC, even if it is small or if there are many CIDR blocks.
func TestHTML_linesToInternet(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]*apitype.DeploymentV3{
		"many blocks": opened(deployed(t, "dev", nil), 30), "nothing in the VPC": without(without(deployed(t, "dev", nil), ":Subnet"), ":VpcEndpoint"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var x, y, w, h, lines int
			for _, n := range parsed(t, htmlOf(t, htmlreport.Input{State: state})) {
				switch class := attribute(n, "class"); {
				case n.Data == "rect" && strings.HasSuffix(class, " vpc"):
					_, err := fmt.Sscan(attribute(n, "x")+" "+attribute(n, "y")+" "+attribute(n, "width")+" "+attribute(n, "height"), &x, &y, &w, &h)
					require.NoError(t, err)
				case strings.HasSuffix(class, "wire absent"):
					var atX, atY int
					_, err := fmt.Sscanf(attribute(n, "d"), "M%d %d", &atX, &atY)
					require.NoError(t, err)
					require.Equal(t, x+w, atX)
					require.Less(t, y, atY)
					require.Less(t, atY, y+h)
					lines++
				}
			}
			require.Equal(t, 2, lines)
		})
	}
}

// The picture names all kinds of sessions that a role opens, and all conditions.
func TestHTML_sessionKinds(t *testing.T) {
	t.Parallel()
	all := parsed(t, htmlOf(t, htmlreport.Input{State: deployed(t, "dev", map[string]string{
		"sessionDocuments": `["shell", "ssh", "port-forwarding", "remote-port-forwarding"]`,
	})}))
	require.Equal(t, []string{"may assume", "with MFA", "opens", "shell, port-forwarding", "remote-port-forwarding", "ssh"}, textsOf(all, "label beside"))
}

// Names that do not fit are shortened so that they stay distinguishable.
func TestHTML_shortened(t *testing.T) {
	t.Parallel()
	all := parsed(t, htmlOf(t, htmlreport.Input{State: inAccount(t, "existing")}))
	// The whole name is the title of the text.
	require.Equal(t, []string{"subnet-0a1b2c3d4e5f6000asubnet-0a1b2c…f6000a", "subnet-0a1b2c3d4e5f6000csubnet-0a1b2c…f6000c"}, textsOf(all, "subnetname"))
	require.Contains(t, textsOf(all, "label routes"), "rtb-0a1b2c3d4e5f6000a r…: 0.0.0.0/0")
	all = parsed(t, htmlOf(t, htmlreport.Input{State: mistake(t, "internet-gateway-always")}))
	require.Equal(t, []string{"Internet gateway", "gateway"}, textsOf(all, "name way"))
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
