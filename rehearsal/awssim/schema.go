package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// values are the properties of a resource: nil, bool, float64, string, []any, values, or unknown in a preview.
type values = map[string]any

// unknown is a value that a preview does not know.
type unknown struct{}

// attribute is one input of a resource type. Every input is an output, too.
type attribute struct {
	// required inputs must be given.
	required bool
	// replace says that a change replaces the resource. Other changes update it in place.
	replace bool
	// computed says that AWS fills in what is left out, so that leaving it out is no difference.
	computed bool
	// fallback is the provider's default.
	fallback any
	// unordered says that the order of a list does not count.
	unordered bool
	// policy says that the value is a policy document, compared by its meaning.
	policy bool
	// same compares two values that look different. Optional.
	same func(a, b any) bool
	// fields are those of an object, which are compared one by one.
	fields map[string]attribute
	// check returns what is wrong with a value, in the provider's words. path is the attribute's name there. Optional.
	check func(path string, value any) []string
}

// autoname is how Pulumi names what is left without a name.
type autoname struct {
	attribute string // the input that holds the name
	unless    string // the input that asks the provider for another kind of name
	longest   int
	prefix    string
	lower     bool
}

// resourceType is what the provider and AWS know of one type. To add a type, declare a variable of this kind in the file
// of its service and list it in resourceTypes.
type resourceType struct {
	token   string
	inputs  map[string]attribute
	outputs []string // besides the inputs
	name    *autoname
	// framework says that the provider implements the type with Terraform's plugin framework, which words errors in
	// another way and knows nothing of names.
	framework bool
	// deleteFirst says that a replacement always deletes first.
	deleteFirst bool
	// atomic creations are one call, after which nothing of them can fail.
	atomic bool
	// taggable resources merge the provider's default tags into tagsAll.
	taggable bool
	// conflicts are groups of inputs of which one at most may be given, and alternatives groups of which exactly one must.
	conflicts    [][]string
	alternatives [][]string
	// needs are inputs that cannot be left out, with all that the provider names as taking their place.
	needs map[string]string
	// examine returns further problems of all inputs together, for the resource of a name. Optional.
	examine func(name string, in values) []string
	// judge returns an error that the provider finds only when it compares, as its CustomizeDiff does. Optional.
	judge func(old, in values) error
	// adjust corrects what differs where one input alone does not tell. Optional.
	adjust func(found differences, state, in values)
	// volatile are the outputs that an update of these inputs makes unknown in a preview.
	volatile map[string][]string

	// create makes the resource, and returns its id and all its properties.
	create func(c *call, in values) (id string, state values, err error)
	// update changes it in place. Nil: there is nothing that could change so.
	update func(c *call, id string, old, in values) (state values, err error)
	// remove deletes it. What does not exist is deleted.
	remove func(c *call, id string, state values) error
	// refresh brings the properties that other resources change up to date. Optional.
	refresh func(c *call, id string, state values)
	// gone is how AWS refuses to update what it does not have. Optional.
	gone func(c *call, id string) error
}

// resourceTypes are all types that the simulated AWS knows, by token.
var resourceTypes = map[string]*resourceType{}

// register is called in the init functions of the services' files.
func register(types ...*resourceType) {
	for _, t := range types {
		if t.taggable {
			t.inputs["tags"] = attribute{}
			t.outputs = append(t.outputs, "tagsAll")
		}
		resourceTypes[t.token] = t
	}
}

// call is one call of the provider: the cloud, under its lock, and who asks.
type call struct {
	*Cloud
	ctx       context.Context
	accountID string
	region    string
	partition string
	dnsSuffix string
	offers    *catalogue.Region // what AWS offers in the Region; nil if the Region is unknown
	tags      map[string]any    // the provider's default tags
	urn       resource.URN
	// recorded is what Pulumi's state holds of the resource that is deleted.
	recorded values
	// late is a fault that lets the creation begin and not end.
	late error
}

// account is the id of the account that the provider works in.
func (c *call) account() string { return c.accountID }

// step is called where a creation has made the thing and goes on to further calls. An error leaves it as it is then: return
// it with the id, wrapped in partly.
func (c *call) step() error {
	late := c.late
	c.late = nil
	return late
}

// arn is the ARN of a resource of the account in the provider's Region.
func (c *call) arn(service, rest string) string {
	return "arn:" + c.partition + ":" + service + ":" + c.region + ":" + c.account() + ":" + rest
}

// globalARN is the ARN of a resource of the account that lives in no Region.
func (c *call) globalARN(service, rest string) string {
	return "arn:" + c.partition + ":" + service + "::" + c.account() + ":" + rest
}

// newID is an id in EC2's form: a prefix, a hyphen and 17 hexadecimal digits.
func (c *call) newID(prefix string) string { return prefix + "-0" + c.random(16) }

// random is so many hexadecimal digits, the same in every cloud that went the same way.
func (c *Cloud) random(digits int) string {
	var text string
	for len(text) < digits {
		c.Sequence++
		sum := sha1.Sum(fmt.Appendf(nil, "%d", c.Sequence))
		text += hex.EncodeToString(sum[:])
	}
	return text[:digits]
}

// uuid is an id in the form of a UUID.
func (c *Cloud) uuid() string {
	d := c.random(32)
	return strings.Join([]string{d[:8], d[8:12], d[12:16], d[16:20], d[20:]}, "-")
}

// text returns the string at a path of dotted names, or "".
func text(v values, path string) string {
	s, _ := at(v, path).(string)
	return s
}

// flag returns the bool at a path, or false.
func flag(v values, path string) bool {
	b, _ := at(v, path).(bool)
	return b
}

// number returns the number at a path, or 0.
func number(v values, path string) int {
	n, _ := at(v, path).(float64)
	return int(n)
}

// list returns the texts of the list at a path.
func list(v values, path string) []string {
	items, _ := at(v, path).([]any)
	var all []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// at returns the value at a path of dotted names, or nil.
func at(v values, path string) any {
	for {
		name, rest, more := strings.Cut(path, ".")
		if !more {
			return v[name]
		}
		inner, ok := v[name].(values)
		if !ok {
			return nil
		}
		v, path = inner, rest
	}
}

// given says whether there is a value at all.
func given(v values, name string) bool {
	value, ok := v[name]
	return ok && value != nil
}

// clone copies properties deeply, less the keys that Pulumi keeps for itself.
func clone(v values) values {
	copied := values{}
	for key, value := range v {
		if !strings.HasPrefix(key, "__") {
			copied[key] = cloneValue(value)
		}
	}
	return copied
}

func cloneValue(value any) any {
	switch value := value.(type) {
	case values:
		return clone(value)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = cloneValue(item)
		}
		return items
	}
	return value
}

// anys makes a list of texts a value.
func anys(texts []string) []any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = text
	}
	return items
}

// fromProperties makes properties plain. Secrets are opened; what they hold is secret to people, not to AWS.
func fromProperties(properties resource.PropertyMap) values {
	v := values{}
	for key, value := range properties {
		v[string(key)] = fromProperty(value)
	}
	return v
}

func fromProperty(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return fromProperty(value.SecretValue().Element)
	case value.IsOutput():
		if !value.OutputValue().Known {
			return unknown{}
		}
		return fromProperty(value.OutputValue().Element)
	case value.IsComputed():
		return unknown{}
	case value.IsObject():
		return fromProperties(value.ObjectValue())
	case value.IsArray():
		items := []any{}
		for _, item := range value.ArrayValue() {
			items = append(items, fromProperty(item))
		}
		return items
	case value.IsNull():
		return nil
	}
	return value.V
}

// toProperties is the reverse of fromProperties.
func toProperties(v values) resource.PropertyMap {
	properties := resource.PropertyMap{}
	for key, value := range v {
		properties[resource.PropertyKey(key)] = toProperty(value)
	}
	return properties
}

func toProperty(value any) resource.PropertyValue {
	switch value := value.(type) {
	case unknown:
		return resource.MakeComputed(resource.NewProperty(""))
	case values:
		return resource.NewProperty(toProperties(value))
	case []any:
		items := []resource.PropertyValue{}
		for _, item := range value {
			items = append(items, toProperty(item))
		}
		return resource.NewProperty(items)
	}
	return resource.NewPropertyValue(value)
}

// isUnknown says whether a value, or anything in it, is unknown.
func isUnknown(value any) bool {
	switch value := value.(type) {
	case unknown:
		return true
	case values:
		for _, inner := range value {
			if isUnknown(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, isUnknown)
	}
	return false
}
