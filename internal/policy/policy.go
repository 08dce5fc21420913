// Package policy writes the JSON documents of AWS Identity and Access Management: identity policies, trust policies and
// endpoint policies.
package policy

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Document is a policy of version 2012-10-17, the one that knows policy variables.
type Document struct {
	// Statements are in the order of the text.
	Statements []Statement
}

// Statement allows its actions, or denies them.
type Statement struct {
	// Sid names the statement. Letters and digits; optional.
	Sid string
	// Deny forbids what another policy may allow. What no statement allows is denied already.
	Deny bool
	// Principal says who is admitted, in the policies of roles and endpoints; an identity's own policy has none.
	Principal *Principal
	// Actions are "service:Action".
	Actions []string
	// Resources are ARNs, or "*". A trust policy has none.
	Resources []string
	// Conditions must all hold.
	Conditions Conditions
}

// Conditions map an operator to keys and the values that each may have.
type Conditions map[string]map[string][]string

// Principal is one kind of principal and its names. The zero value admits everybody, signed or not.
type Principal struct {
	// AWS are ARNs of accounts, users and roles, or "*".
	AWS []string `json:"AWS,omitempty"`
	// Service are names of services, such as "ec2.amazonaws.com".
	Service []string `json:"Service,omitempty"`
}

// Anyone is the principal "*", the form that gateway endpoints demand.
func Anyone() *Principal { return &Principal{} }

// MarshalJSON writes the zero value as "*".
func (p Principal) MarshalJSON() ([]byte, error) {
	if len(p.AWS)+len(p.Service) == 0 {
		return []byte(`"*"`), nil
	}
	type plain Principal
	return json.Marshal(plain(p))
}

// written is a statement as IAM reads it.
type written struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal *Principal `json:",omitempty"`
	Action    []string
	Resource  []string   `json:",omitempty"`
	Condition Conditions `json:",omitempty"`
}

// JSON is the document's text. The same document always gives the same text, so that Pulumi sees no difference.
func (d Document) JSON() (string, error) {
	statements := make([]written, len(d.Statements))
	for i, s := range d.Statements {
		statements[i] = written{s.Sid, "Allow", s.Principal, s.Actions, s.Resources, s.Conditions}
		if s.Deny {
			statements[i].Effect = "Deny"
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Version   string
		Statement []written
	}{"2012-10-17", statements})
	return strings.TrimSuffix(text.String(), "\n"), err
}
