// Package diag holds what is wrong with a stack's configuration: each problem with the configuration key to change, a code for
// programs and a message for people.
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
	// Duplicate: a list holds the same value twice.
	Duplicate Code = "duplicate"
	// Conflict: the value does not go together with that of another key.
	Conflict Code = "conflict"
	// UnknownKey: the program has no such key.
	UnknownKey Code = "unknown-key"
	// NotFound: what the value names does not exist in the account or the Region.
	NotFound Code = "not-found"
	// NotOffered: the Region or one of its Availability Zones does not offer what the value names.
	NotOffered Code = "not-offered"
	// Unwise: the value is allowed, and a warning is due.
	Unwise Code = "unwise"
)

// Diagnostic is one problem.
type Diagnostic struct {
	// Key is the configuration key to change, such as "vpcCidr" or "aws:region".
	Key string
	// Code is the kind of the problem.
	Code Code
	// Message says the value, the rule and the remedy.
	Message string
}

// String returns the key and the message.
func (d Diagnostic) String() string { return d.Key + ": " + d.Message }

// Diagnostics are problems in the order in which they were found.
type Diagnostics []Diagnostic

// Add adds a problem. The arguments are formatted with fmt.Sprintf: text that a user wrote is always an argument.
func (d *Diagnostics) Add(key string, code Code, format string, args ...any) {
	*d = append(*d, Diagnostic{key, code, fmt.Sprintf(format, args...)})
}

// Append adds the problems of others.
func (d *Diagnostics) Append(others Diagnostics) { *d = append(*d, others...) }

// Has reports whether there is a problem with a key.
func (d Diagnostics) Has(key string) bool {
	for _, problem := range d {
		if problem.Key == key {
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
	for _, problem := range d {
		text.WriteString("\n  - " + problem.String())
	}
	return errors.New(text.String())
}
