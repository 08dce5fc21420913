// Package diag describes problems with a stack's configuration. Each problem has the configuration key to
// change, a code that programs compare, and a message for the user.
package diag

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the kind of a problem.
type Code string

// The values of Code.
const (
	// NoValue: the key has neither a value nor a default.
	NoValue Code = "no-value"
	// WrongType: the value is not of the key's type.
	WrongType Code = "wrong-type"
	// Malformed: the value does not have the form that AWS or this program requires.
	Malformed Code = "malformed"
	// OutOfRange: the value is outside its limits, or not one of the allowed values.
	OutOfRange Code = "out-of-range"
	// TooMany: a list or a number exceeds a limit of AWS.
	TooMany Code = "too-many"
	// Duplicate: a list contains the same value twice.
	Duplicate Code = "duplicate"
	// Conflict: the value cannot be combined with the value of another key.
	Conflict Code = "conflict"
	// UnknownKey: the program has no such key.
	UnknownKey Code = "unknown-key"
	// NotFound: what the value names does not exist in the account or the Region.
	NotFound Code = "not-found"
	// NotOffered: the Region or one of its Availability Zones does not offer what the value names.
	NotOffered Code = "not-offered"
	// AffectsOthers: the value is allowed, and changes something for others in an existing VPC.
	AffectsOthers Code = "affects-others"
	// NotReady: the value is allowed, but an existing instance or role that it names does not allow sessions yet.
	NotReady Code = "not-ready"
	// Unchecked: the value is allowed, but a lookup that would check it failed.
	Unchecked Code = "unchecked"
	// Discouraged: the value is allowed, but there is a better one.
	Discouraged Code = "discouraged"
)

// Diagnostic is one problem.
type Diagnostic struct {
	// Key is the configuration key to change, such as "vpcCidr" or "aws:region".
	Key string
	// Code is the kind of the problem.
	Code Code
	// Message states the value, the rule and the remedy.
	Message string
}

// String returns the key and the message.
func (d Diagnostic) String() string { return d.Key + ": " + d.Message }

// Diagnostics are problems, in the order in which they were found.
type Diagnostics []Diagnostic

// Add adds a problem. The message is formatted with fmt.Sprintf: pass text that a user wrote as an argument,
// never as the format.
func (d *Diagnostics) Add(key string, code Code, format string, args ...any) {
	*d = append(*d, Diagnostic{key, code, fmt.Sprintf(format, args...)})
}

// Append adds all problems of another list.
func (d *Diagnostics) Append(others Diagnostics) { *d = append(*d, others...) }

// Has reports whether there is a problem with a key.
func (d Diagnostics) Has(key string) bool {
	for _, diagnostic := range d {
		if diagnostic.Key == key {
			return true
		}
	}
	return false
}

// Err returns an error that lists all problems below a heading, or nil if there are none.
func (d Diagnostics) Err(heading string) error {
	if len(d) == 0 {
		return nil
	}
	var text strings.Builder
	text.WriteString(heading)
	for _, diagnostic := range d {
		text.WriteString("\n  - " + diagnostic.String())
	}
	return errors.New(text.String())
}
