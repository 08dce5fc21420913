package awssim

import "maps"

// attribute describes an input of a resource type, in the terms of the Terraform plugin SDK's schema. Every
// input is an output as well.
type attribute struct {
	// Required inputs must be set.
	Required bool
	// ForceNew: a change replaces the resource. Other changes update it in place.
	ForceNew bool
	// Computed: AWS chooses a value if the input is not set, so an input that is not set is no difference.
	Computed bool
	// Default is the provider's default.
	Default any
	// Set: the order of the list does not matter.
	Set bool
	// IsPolicy: the value is a policy document. Equivalent documents are equal.
	IsPolicy bool
	// DiffSuppress reports whether two values that are not equal have the same meaning. Optional.
	DiffSuppress func(before, after any) bool
	// Elem are the attributes of a nested object, which are compared one by one.
	Elem map[string]attribute
	// Validate returns the provider's errors for a value. path is the attribute's name in Terraform.
	// Optional.
	Validate func(path string, value any) []string
}

// autoName says how Pulumi generates the name of a resource that has none.
type autoName struct {
	attribute string // the input for the name
	unlessSet string // no name is generated if this input is set
	maxLength int
	prefix    string
	lowerCase bool
}

// resourceType describes a resource type, in the terms of the Terraform plugin SDK. To add a type, declare
// a value in the file of its service and pass it to register.
type resourceType struct {
	Token    string
	Inputs   map[string]attribute
	Outputs  []string // besides the inputs
	AutoName *autoName
	// Framework: the provider implements the type with the Terraform plugin framework instead of the plugin
	// SDK. Error messages differ, and a resource with an explicit name is not deleted before it is
	// replaced.
	Framework bool
	// DeleteBeforeReplace: a replacement always deletes the old resource first.
	DeleteBeforeReplace bool
	// SingleCall: the provider creates the resource with a single API call, so a creation cannot fail
	// halfway.
	SingleCall bool
	// Taggable resources have tags and tagsAll, which includes the provider's default tags.
	Taggable bool
	// ConflictsWith are groups of inputs of which at most one can be set, and ExactlyOneOf groups of which
	// exactly one must be set.
	ConflictsWith, ExactlyOneOf [][]string
	// AtLeastOneOf are inputs that must be set, with the alternatives that the provider's error names.
	AtLeastOneOf map[string]string
	// Validate returns the provider's errors that depend on several inputs or on the resource's name.
	// Optional.
	Validate func(name string, in values) []string
	// CustomizeDiff changes the differences, or returns the provider's error for the change. Optional.
	CustomizeDiff func(diff differences, state, in values) error
	// SetNewComputed are the outputs that an update of an input makes unknown in a preview.
	SetNewComputed map[string][]string

	// Create creates the resource and returns its ID and all its properties.
	Create func(c *call, in values) (id string, state values, err error)
	// Update updates the resource in place. Nil: nothing but tags can be updated.
	Update func(c *call, id string, old, in values) (state values, err error)
	// Delete deletes the resource. Nil: it is removed from the account without further checks.
	Delete func(c *call, id string, state values) error
	// ImportID returns the ID of the resource that an import ID identifies, and "" if there is no such resource.
	// Optional: without it, they are the same.
	ImportID func(c *call, importID string) (string, error)
	// Kind is how EC2 describes the resources. Optional.
	Kind *ec2Kind
	// Read updates the properties that depend on other resources. Optional.
	Read func(c *call, id string, state values)
	// NotFound returns AWS's error for an update of a resource that does not exist. Optional.
	NotFound func(c *call, id string) error
}

// resourceTypes are all types that the simulated AWS supports, by token.
var resourceTypes = map[string]*resourceType{}

// readOnlyTypes are the types that the simulated AWS supports only for existing resources, which a program reads.
var readOnlyTypes = map[string]*resourceType{}

// register adds resource types. The init function of each service's file calls it.
func register(types ...*resourceType) {
	for _, t := range types {
		maps.Copy(t.Inputs, version6Inputs[t.Token])
		if t.Taggable {
			t.Inputs["tags"] = attribute{}
			t.Outputs = append(t.Outputs, "tagsAll")
		}
		resourceTypes[t.Token] = t
	}
}
