// Package controls reads the control map of docs/controls.md, and holds it against a deployed stack.
package controls

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// Row is a row of the map: a control, and the property and the claim that meet it.
type Row struct {
	// Control is its name, or several.
	Control string
	// Type is a resource type. Each resource of it has the property.
	Type string
	// Property is a path to a property, such as "rules[0].status".
	Property string
	// Value is what the property has: JSON; "present"; or "absent", which what is empty is too.
	Value string
	// Claim is the id of a claim that is proven, or empty.
	Claim string
}

const columns = 6

// Rows reads the table under the heading Met.
func Rows(document string) ([]Row, error) {
	_, text, found := strings.Cut(document, "\n## Met\n")
	if !found {
		return nil, errors.New("no heading Met")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []Row
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), "|"), " |")
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		if cells[0] == "Control" {
			continue
		}
		if len(cells) < columns {
			return nil, fmt.Errorf("%q has %d columns, and not %d", line, len(cells), columns)
		}
		rows = append(rows, Row{Control: cells[0], Type: cells[2], Property: cells[3], Value: cells[4], Claim: cells[5]})
	}
	if len(rows) == 0 {
		return nil, errors.New("no rows under the heading Met")
	}
	return rows, nil
}

// Check says what of a row does not hold in a stack.
func (r Row) Check(deployment *apitype.DeploymentV3, claims []proof.Claim) []string {
	var wrong []string
	say := func(format string, args ...any) {
		wrong = append(wrong, r.Control+": "+fmt.Sprintf(format, args...))
	}
	resources := 0
	for _, resource := range deployment.Resources {
		if string(resource.Type) != r.Type {
			continue
		}
		resources++
		if value, found := property(resource.Outputs, r.Property); !r.fits(value, found) {
			say("%s %s of %s is %s, and not %s", r.Type, r.Property, resource.URN.Name(), shown(value, found), r.Value)
		}
	}
	if resources == 0 {
		say("there is no %s", r.Type)
	}
	if r.Claim == "" {
		return wrong
	}
	proven := 0
	for _, claim := range claims {
		switch {
		case claim.ID != r.Claim:
		case claim.Result == report.Proven:
			proven++
		default:
			say("%s of %s is %s", claim.ID, claim.Subject, claim.Result)
		}
	}
	if proven == 0 {
		say("no claim %s is proven", r.Claim)
	}
	return wrong
}

func (r Row) fits(value any, found bool) bool {
	elements, isList := value.([]any)
	empty := !found || value == nil || value == "" || isList && len(elements) == 0
	switch r.Value {
	case "absent":
		return empty
	case "present":
		return !empty
	}
	var want any
	return found && json.Unmarshal([]byte(r.Value), &want) == nil && reflect.DeepEqual(want, value)
}

func shown(value any, found bool) string {
	if !found {
		return "absent"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

var step = regexp.MustCompile(`[^.\[\]]+`)

// property follows a path.
func property(outputs map[string]any, path string) (any, bool) {
	var value any = outputs
	for _, name := range step.FindAllString(path, -1) {
		switch within := value.(type) {
		case map[string]any:
			next, found := within[name]
			if !found {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(within) {
				return nil, false
			}
			value = within[i]
		default:
			return nil, false
		}
	}
	return value, true
}
