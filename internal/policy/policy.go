// Package policy encodes AWS policies as JSON: identity policies, trust policies, endpoint policies, key
// policies and bucket policies.
package policy

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Document is a policy of version 2012-10-17, which supports policy variables.
type Document struct {
	// Statements are encoded in this order.
	Statements []Statement
}

// Statement allows its actions, or denies them.
type Statement struct {
	// Sid is the statement's ID: letters and digits. Optional.
	Sid string
	// Deny makes the statement deny its actions, even if another statement or policy allows them.
	Deny bool
	// Principal lists the principals to which the statement applies. Identity policies have none.
	Principal *Principal
	// Actions are actions such as "s3:GetObject", with wildcards.
	Actions []string
	// Resources are ARNs, with wildcards. Trust policies have none.
	Resources []string
	// Conditions must all be met. Optional.
	Conditions Conditions
}

// Conditions map each operator, such as "StringEquals", to condition keys and their values. A key matches
// if one of its values does.
type Conditions map[string]map[string][]string

// Principal lists principals. The zero value is "*": everybody, including anonymous requests.
type Principal struct {
	// AWS are ARNs of accounts, users and roles, or "*".
	AWS []string `json:"AWS,omitempty"`
	// Service are service principals, such as "ec2.amazonaws.com".
	Service []string `json:"Service,omitempty"`
}

// Anyone returns the principal "*", the only one that gateway endpoints support.
func Anyone() *Principal { return &Principal{} }

// MarshalJSON encodes the zero value as "*".
func (p Principal) MarshalJSON() ([]byte, error) {
	if len(p.AWS)+len(p.Service) == 0 {
		return []byte(`"*"`), nil
	}
	type plain Principal
	return json.Marshal(plain(p))
}

// statementJSON is a statement in the JSON form of IAM.
type statementJSON struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal *Principal `json:",omitempty"`
	Action    []string
	Resource  []string   `json:",omitempty"`
	Condition Conditions `json:",omitempty"`
}

// JSON returns the document as JSON. Equal documents have equal JSON, so that Pulumi sees no difference.
func (d Document) JSON() (string, error) {
	statements := make([]statementJSON, len(d.Statements))
	for i, s := range d.Statements {
		statements[i] = statementJSON{s.Sid, "Allow", s.Principal, s.Actions, s.Resources, s.Conditions}
		if s.Deny {
			statements[i].Effect = "Deny"
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Version   string
		Statement []statementJSON
	}{"2012-10-17", statements})
	return strings.TrimSuffix(text.String(), "\n"), err
}
