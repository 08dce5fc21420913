package awssim

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

// ec2Kind is a kind of object that EC2 describes.
type ec2Kind struct {
	// name is the kind in the errors of lookups, such as "EC2 VPC", and reading begins the errors of reads.
	name, reading string
	tokens        []string
	// operation is the call that describes the objects.
	operation string
	// idPrefix begins the IDs, such as "vpc", and malformed is the error code for other IDs.
	idPrefix, malformed string
	// filters return the values that a filter compares, by the name of the filter. Filters for tags are added.
	filters map[string]func(c *call, o *object) []string
}

// ec2ID matches an ID without its prefix. Objects that were created before 2018 can have eight digits.
var ec2ID = regexp.MustCompile(`^-([0-9a-f]{8}|[0-9a-f]{17})$`)

// checkID returns EC2's error for an ID that does not have the form of the kind's IDs. The message is not confirmed.
func (k *ec2Kind) checkID(c *call, prefix, id string) error {
	if rest, ok := strings.CutPrefix(id, k.idPrefix); ok && ec2ID.MatchString(rest) {
		return nil
	}
	return c.ec2Error(prefix, k.operation, k.malformed, `Invalid id: "%s" (expecting "%s-...")`, id, k.idPrefix)
}

// filterNames returns the names of the kind's filters, without "tag:KEY".
func (k *ec2Kind) filterNames() []string {
	return append(slices.Sorted(maps.Keys(k.filters)), "tag-key")
}

// describe returns the objects that match a lookup, in the order of their creation. id may be empty. criteria are values
// of filters that the provider adds for other arguments; empty ones are ignored. tags are those that objects must have.
func (k *ec2Kind) describe(c *call, id string, criteria map[string]string, tags values, args values) ([]*object, error) {
	if id != "" {
		if err := k.checkID(c, "reading "+k.name, id); err != nil {
			return nil, err
		}
	}
	var found []*object
	for _, token := range k.tokens {
		for _, o := range c.find(token, nil) {
			if id == "" || o.ID == id {
				c.refresh(o)
				if k.matches(c, o, criteria, tags, args) {
					found = append(found, o)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return a.Number - b.Number })
	return found, nil
}

// matches reports whether an object matches all criteria, tags and filters.
func (k *ec2Kind) matches(c *call, o *object, criteria map[string]string, tags, args values) bool {
	for name, value := range criteria {
		if value != "" && !slices.Contains(k.filters[name](c, o), value) {
			return false
		}
	}
	own := o.tags()
	for key, value := range tags {
		if now, ok := own[key]; !ok || now != value {
			return false
		}
	}
	for _, filter := range objectList(args, "filters") {
		var actual []string
		name := str(filter, "name")
		if key, ok := strings.CutPrefix(name, "tag:"); ok {
			if value, ok := own[key].(string); ok {
				actual = []string{value}
			}
		} else if name == "tag-key" {
			actual = slices.Collect(maps.Keys(own))
		} else {
			actual = k.filters[name](c, o)
		}
		if !anyMatches(strList(filter, "values"), actual) {
			return false
		}
	}
	return true
}

// anyMatches reports whether one of the values matches one of the patterns, which may contain wildcards.
func anyMatches(patterns, actual []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(actual, func(value string) bool { return iampolicy.MatchWildcard(pattern, value) })
	})
}

// tags returns all tags of the object, including those that AWS sets.
func (o *object) tags() values {
	tags := values{}
	for _, source := range []any{o.State["tags"], o.State["tagsAll"], o.Extra["tags"]} {
		if more, ok := source.(values); ok {
			maps.Copy(tags, more)
		}
	}
	return tags
}

// providerTags returns the tags of the object that the provider returns.
func (o *object) providerTags() values {
	tags := o.tags()
	maps.DeleteFunc(tags, func(key string, _ any) bool { return strings.HasPrefix(key, "aws:") })
	return tags
}

// one returns the only object that matches, or the provider's error.
func (k *ec2Kind) one(objects []*object) (*object, error) {
	switch len(objects) {
	case 0:
		return nil, errors.New("no matching " + k.name + " found")
	case 1:
		return objects[0], nil
	}
	return nil, fmt.Errorf("multiple %ss matched; use additional constraints to reduce matches to a single %s", k.name, k.name)
}

// listIDs returns a lookup that returns the IDs of all matching objects.
func listIDs(kind *ec2Kind) func(c *call, args values) (values, error) {
	return func(c *call, args values) (values, error) {
		criteria := map[string]string{}
		if vpc := str(args, "vpcId"); vpc != "" {
			criteria["vpc-id"] = vpc
		}
		tags, _ := args["tags"].(values)
		found, err := kind.describe(c, "", criteria, tags, args)
		if err != nil {
			return nil, err
		}
		ids := []any{}
		for _, o := range found {
			ids = append(ids, o.ID)
		}
		answer := clone(args)
		answer["id"], answer["ids"] = c.region, ids
		return answer, nil
	}
}

// property returns a filter that compares a property of the resource.
func property(name string) func(*call, *object) []string {
	return func(_ *call, o *object) []string { return []string{describeValue(o.State[name])} }
}

// listed returns a filter that compares the elements of a list.
func listed(name string) func(*call, *object) []string {
	return func(_ *call, o *object) []string { return strList(o.State, name) }
}

// ownID is a filter that compares the ID.
func ownID(_ *call, o *object) []string { return []string{o.ID} }

// describeValue returns a string or a bool as a filter compares it.
func describeValue(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return fmt.Sprint(value)
	}
	return ""
}
