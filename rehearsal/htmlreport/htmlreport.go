// Package htmlreport writes a report about a deployed or rehearsed stack for people: as one HTML page that needs no other
// file, and as Markdown. Names and tags in a state are untrusted: everything is written by html/template, which escapes it.
package htmlreport

import (
	"cmp"
	_ "embed" // for the template
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// Input is what a report is about.
type Input struct {
	// Result is the result of a rehearsal. If it is nil, New checks the claims about State.
	Result *report.Report
	// State is the state of the stack. It is nil if a rehearsal failed before anything was deployed.
	State *apitype.DeploymentV3
	// Options are those of proof.Check.
	Options proof.Options
	// Strict is true if hardening claims are required. It is ignored if there is a Result.
	Strict bool
	// Earlier is a state to compare with. Optional. EarlierName says what it is, such as the name of its file.
	Earlier     *apitype.DeploymentV3
	EarlierName string
}

// Report is a report that can be written in several formats.
type Report struct {
	page *page
	// Result is the result that the report is about.
	Result *report.Report
}

// New makes a report. It returns an error if the state cannot be read, unless there is a Result. A state about
// which there is nothing to prove can be read, but nothing is claimed about it.
func New(in Input) (*Report, error) {
	after, err := newSnapshot(in.State, in.Options)
	if err != nil && in.Result == nil {
		return nil, err
	}
	result := in.Result
	if result == nil {
		result = &report.Report{Stack: proof.StackName(in.State), Strict: in.Strict, Claims: after.claims}
		result.Conclude()
	}
	p := newPage(result, after, in.Result != nil)
	if in.Earlier != nil {
		before, err := newSnapshot(in.Earlier, in.Options)
		if err := cmp.Or(err, before.err); err != nil {
			return nil, fmt.Errorf("%s: %w", in.EarlierName, err)
		}
		if after.err != nil {
			return nil, after.err
		}
		p.Comparison = &Comparison{Earlier: name(in.EarlierName), Sections: compare(before, after)}
	}
	return &Report{page: p, Result: result}, nil
}

//go:embed page.html.tmpl
var pageText string

//go:embed picture.svg.tmpl
var pictureText string

var templates = template.Must(template.Must(template.New("page").Funcs(template.FuncMap{
	"plural": plural, "counts": operationCounts,
	"ownersTitle": func() string { return ownersTitle }, "restartAgent": func() string { return proof.RestartAgent },
}).Parse(pageText)).New("picture").Parse(pictureText))

// WriteHTML writes the report as an HTML page.
func (r *Report) WriteHTML(w io.Writer) error { return templates.ExecuteTemplate(w, "page", r.page) }

// WriteSVG writes only the picture of the network. It returns an error if there is none.
func (r *Report) WriteSVG(w io.Writer) error {
	if r.page.Picture == nil {
		return errors.New("there is no network to draw")
	}
	return templates.ExecuteTemplate(w, "image", r.page.Picture)
}

// title names a node of a chart for people.
func title(n *diagram.Node) string {
	text := n.Labels[0]
	switch {
	case n.Kind == diagram.SubnetFrame:
		text = "subnet " + n.Name
		if strings.HasPrefix(n.Name, "subnet-") {
			text = n.Name // an ID
		}
	case n.Kind == diagram.Instances && n.Name == "":
		text = "instance " + n.Labels[1]
	case n.Kind == diagram.Instances:
		text = "instances in " + n.Name
	case n.Kind == diagram.InterfaceEndpoints && n.Name == "":
		text += " " + n.Labels[1] + " " + n.Labels[2]
	case n.Kind == diagram.InterfaceEndpoints:
		text = "interface endpoints in " + n.Name
	case n.Kind == diagram.GatewayEndpoint:
		text += " " + n.Labels[1]
	}
	if n.Public {
		text += " (on the Internet)"
	}
	return name(text)
}

// nodesOf returns all nodes of a chart by ID.
func nodesOf(c *diagram.Chart) map[string]*diagram.Node {
	found := map[string]*diagram.Node{}
	var add func([]*diagram.Node)
	add = func(nodes []*diagram.Node) {
		for _, n := range nodes {
			found[n.ID] = n
			add(n.Nodes)
		}
	}
	add(c.Nodes)
	return found
}
