// Package controls maps controls of AWS Security Hub to properties and claims of the prod stack, and checks
// them. It also contains the page docs/controls.md.
package controls

//go:generate go test -trimpath -count=1 -run TestPage . -update

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/proof"
)

// Row maps one or more controls to a property and a claim.
type Row struct {
	// Control lists the IDs of the controls, and Requires what they require.
	Control, Requires string
	// Type is a resource type. Every resource of the type must have the property.
	Type string
	// Property is the path of a property, such as "rules[0].status".
	Property string
	// Value is the value of the property as JSON, or Present or Absent.
	Value string
	// Claim is the ID of a claim that must be proven. Optional.
	Claim string
}

// Values of Row.Value that are not JSON.
const (
	// Present matches every value that is not empty.
	Present = "present"
	// Absent matches a missing or empty value.
	Absent = "absent"
)

// Exception is a control that is not met.
type Exception struct{ Control, Requires, Why string }

//go:embed page.md.tmpl
var pageTemplate string

// Page returns the content of docs/controls.md.
func Page() (string, error) {
	page, err := template.New("controls.md").Funcs(template.FuncMap{"value": func(value string) string {
		if value == Present || value == Absent {
			return value
		}
		return "`" + value + "`"
	}}).Parse(pageTemplate)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = page.Execute(&text, map[string]any{"Met": Met(), "NotMet": NotMet()})
	return text.String(), err
}

// Check returns the requirements of a row that a deployed stack does not meet.
func (r Row) Check(deployment *apitype.DeploymentV3, claims []proof.Claim) []string {
	var problems []string
	add := func(format string, args ...any) {
		problems = append(problems, r.Control+": "+fmt.Sprintf(format, args...))
	}
	resources := 0
	for _, resource := range deployment.Resources {
		if string(resource.Type) != r.Type {
			continue
		}
		resources++
		if value, found := property(resource.Outputs, r.Property); !r.matches(value, found) {
			add("%s %s of %s is %s, not %s", r.Type, r.Property, resource.URN.Name(), describe(value, found), r.Value)
		}
	}
	if resources == 0 {
		add("the stack has no %s", r.Type)
	}
	if r.Claim == "" {
		return problems
	}
	proven := 0
	for _, claim := range claims {
		switch {
		case claim.ID != r.Claim:
		case claim.Passes():
			proven++
		default:
			add("%s of %s is %s", claim.ID, claim.Subject, claim.Result)
		}
	}
	if proven == 0 {
		add("no claim %s is proven", r.Claim)
	}
	return problems
}

func (r Row) matches(value any, found bool) bool {
	elements, isList := value.([]any)
	empty := !found || value == nil || value == "" || isList && len(elements) == 0
	switch r.Value {
	case Absent:
		return empty
	case Present:
		return !empty
	}
	var want any
	return found && json.Unmarshal([]byte(r.Value), &want) == nil && reflect.DeepEqual(want, value)
}

// describe formats a value for people.
func describe(value any, found bool) string {
	if !found {
		return Absent
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// pathElement matches a name or an index in a path.
var pathElement = regexp.MustCompile(`[^.\[\]]+`)

// property returns the value at a path.
func property(outputs map[string]any, path string) (any, bool) {
	var value any = outputs
	for _, name := range pathElement.FindAllString(path, -1) {
		switch container := value.(type) {
		case map[string]any:
			next, found := container[name]
			if !found {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(container) {
				return nil, false
			}
			value = container[i]
		default:
			return nil, false
		}
	}
	return value, true
}
