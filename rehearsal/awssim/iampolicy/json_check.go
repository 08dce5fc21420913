package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ValidateJSON returns the provider's error for an attribute whose value is not valid JSON, or "" if it is
// valid. The provider makes this check in a preview; it does not validate the policy itself.
func ValidateJSON(attribute, document string) string {
	invalid := func(why string) string { return fmt.Sprintf("%q contains an invalid JSON policy: %s", attribute, why) }
	if document == "" {
		return fmt.Sprintf("%q is an empty string, which is not a valid JSON value", attribute)
	}
	switch document[0] {
	case '{':
	case ' ', '\t', '\r', '\n':
		return invalid("leading space characters are not allowed")
	case '"':
		var content string
		hint := ""
		if json.Unmarshal([]byte(document), &content) == nil {
			switch {
			case strings.HasSuffix(content, ".json"):
				hint = " (have you passed a JSON-encoded filename instead of the content of that file?)"
			case json.Valid([]byte(content)):
				hint = " (have you double-encoded your JSON data?)"
			}
		}
		return invalid("contains a JSON-encoded string, not a JSON-encoded object" + hint)
	case '[':
		return invalid("contains a JSON array, not a JSON object")
	default:
		return invalid("not a JSON object")
	}
	_, err := parseJSON(document)
	var syntax *json.SyntaxError
	var duplicate *duplicateKeyError
	switch {
	case errors.As(err, &syntax):
		return invalid(fmt.Sprintf("%s, at byte offset %d", err, syntax.Offset))
	case errors.As(err, &duplicate):
		return fmt.Sprintf("%q contains duplicate JSON keys: %s", attribute, err)
	case err != nil:
		return invalid(err.Error())
	}
	return ""
}
