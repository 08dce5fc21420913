package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/network"
)

// reader reads the keys of the project, and collects problems with them.
type reader struct {
	source *config.Config
	// dir is the directory of Pulumi.yaml.
	dir   string
	diags diag.Diagnostics
	// knownKeys are the keys that were read.
	knownKeys map[string]bool
	// invalidKeys are the keys without a value of their type.
	invalidKeys map[string]bool
}

func newReader(ctx *pulumi.Context) *reader {
	return &reader{source: config.New(ctx, ""), dir: ctx.RootDirectory(), knownKeys: map[string]bool{}, invalidKeys: map[string]bool{}}
}

// read reads a key and parses its value. Pulumi.yaml declares a type and a default for each key, and
// Pulumi checks the types before it runs the program, so a problem here means that Pulumi.yaml was
// changed.
func read[T any](r *reader, key, rule string, parse func(string) (T, error)) T {
	r.knownKeys[key] = true
	var none T
	text, err := r.source.Try(key)
	if err != nil {
		r.invalidKeys[key] = true
		r.diags.Add(key, diag.NoValue, "no value and no default: restore the default in Pulumi.yaml")
		return none
	}
	value, err := parse(text)
	if err != nil {
		r.invalidKeys[key] = true
		r.diags.Add(key, diag.WrongType, "%q is not %s", text, rule)
		return none
	}
	return value
}

func (r *reader) str(key string) string {
	return read(r, key, "a string", func(text string) (string, error) { return text, nil })
}

func (r *reader) boolean(key string) bool {
	return read(r, key, "true or false", strconv.ParseBool)
}

// s3Setting reads a boolean that may be empty, because Pulumi does not tell whether a value is a default.
func (r *reader) s3Setting(key string) endpoints.S3Setting {
	return read(r, key, "true or false", func(text string) (endpoints.S3Setting, error) {
		if text == "" {
			return endpoints.S3Default, nil
		}
		on, err := strconv.ParseBool(text)
		if on {
			return endpoints.S3On, err
		}
		return endpoints.S3Off, err
	})
}

func (r *reader) integer(key string) int {
	return read(r, key, "an integer", strconv.Atoi)
}

// rawList reads a list of strings, unchanged.
func (r *reader) rawList(key string) []string {
	rule := fmt.Sprintf("a list of strings: set each element with pulumi config set --path '%s[0]' VALUE", key)
	return read(r, key, rule, func(text string) ([]string, error) {
		var values []string
		return values, json.Unmarshal([]byte(text), &values)
	})
}

// strList reads a list of strings. It reports and leaves out empty strings and duplicates.
func (r *reader) strList(key string) []string {
	var values []string
	reported := map[string]bool{}
	for _, value := range r.rawList(key) {
		switch {
		case value == "" && !reported[value]:
			r.diags.Add(key, diag.Malformed, "an element is empty: remove it")
			reported[value] = true
		case value == "", reported[value]:
		case slices.Contains(values, value):
			r.diags.Add(key, diag.Duplicate, "%q is listed twice: list it once", value)
			reported[value] = true
		default:
			values = append(values, value)
		}
	}
	return values
}

// enum reads a value, and reports it if it is not allowed.
func enum[T ~string](r *reader, key string, allowed []T) T {
	value := T(r.str(key))
	if !r.invalidKeys[key] && !slices.Contains(allowed, value) {
		r.diags.Add(key, diag.OutOfRange, "%q is not allowed: use %s", value, oneOf(allowed))
	}
	return value
}

// enumList reads a list of values. It reports and leaves out values that are not allowed.
func enumList[T ~string](r *reader, key string, allowed []T) []T {
	var values []T
	for _, value := range r.strList(key) {
		if !slices.Contains(allowed, T(value)) {
			r.diags.Add(key, diag.OutOfRange, "%q is not allowed: use %s", value, oneOf(allowed))
			continue
		}
		values = append(values, T(value))
	}
	return values
}

// cidr reads a CIDR block. It returns the zero value if the block is malformed.
func (r *reader) cidr(key string) netip.Prefix {
	text := r.str(key)
	if r.invalidKeys[key] {
		return netip.Prefix{}
	}
	return r.parseCIDR(key, text)
}

// cidrList reads a list of CIDR blocks. The list contains the zero value in place of malformed blocks.
func (r *reader) cidrList(key string) []netip.Prefix {
	var blocks []netip.Prefix
	for _, text := range r.rawList(key) {
		blocks = append(blocks, r.parseCIDR(key, text))
	}
	return blocks
}

func (r *reader) parseCIDR(key, text string) netip.Prefix {
	block, err := network.ParseCIDR(text)
	if err != nil {
		r.diags.Add(key, diag.Malformed, "%v", err)
	}
	return block
}

// targets reads a list of forwarding targets.
func (r *reader) targets(key string) []network.Target {
	var targets []network.Target
	for _, text := range r.strList(key) {
		target, err := network.ParseTarget(text)
		switch {
		case err != nil:
			r.diags.Add(key, diag.Malformed, "%v", err)
		case slices.Contains(targets, target):
			r.diags.Add(key, diag.Duplicate, "%q is the same as %s, which is also listed: list it once", text, target)
		default:
			targets = append(targets, target)
		}
	}
	return targets
}

// tags reads a list of tags.
func (r *reader) tags(key string) []iam.Tag {
	var tags []iam.Tag
	for _, text := range r.strList(key) {
		tag, err := iam.ParseTag(text)
		if err != nil {
			r.diags.Add(key, diag.Malformed, "%v", err)
			continue
		}
		tags = append(tags, tag)
	}
	return tags
}

// principals reads a list of principals.
func (r *reader) principals(key string) []iam.Principal {
	var principals []iam.Principal
	for _, text := range r.strList(key) {
		principal, err := iam.ParsePrincipal(text)
		if err != nil {
			r.diags.Add(key, diag.Malformed, "%v", err)
			continue
		}
		principals = append(principals, principal)
	}
	return principals
}

// oneOf lists values for a message: "a", "b" or "c".
func oneOf[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = strconv.Quote(string(value))
	}
	last := len(texts) - 1
	if last < 1 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}
