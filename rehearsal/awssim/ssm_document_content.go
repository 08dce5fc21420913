package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDocumentBytes is the maximum size of a document's content.
const maxDocumentBytes = 64 * 1024

// reservedDocumentNames are the case-insensitive prefixes of the names of AWS's own documents.
var reservedDocumentNames = []string{"aws", "amazon", "amzn"}

// validateDocument returns the code and message of Systems Manager's error for a document, or two empty
// strings. The messages for schemas have the format of the JSON schema validator that Systems Manager uses.
// Which of several violations it reports is not confirmed.
func validateDocument(kind, format, content string) (code, message string) {
	if len(content) > maxDocumentBytes {
		return "MaxDocumentSizeExceeded", "The size limit of a document is 64 KB."
	}
	if format != "JSON" {
		return "", "" // YAML and TEXT are not validated
	}
	root, invalid := parseDocument(content)
	if invalid != "" {
		return "InvalidDocumentContent", "JSON not well-formed. " + invalid
	}
	schema, known := documentSchemas[kind]
	if !known {
		return "", ""
	}
	version := documentSchemaVersion(content)
	if version == "" {
		return "InvalidDocumentContent", missingProperties("/", "schemaVersion")
	}
	if !slices.Contains(schema.versions, version) {
		return "InvalidDocumentSchemaVersion", fmt.Sprintf("%s is not a valid schema version for %s document type",
			version, kind)
	}
	if message = schema.check(root, version); message != "" {
		return "InvalidDocumentContent", message
	}
	return "", ""
}

// parseDocument parses JSON, or returns why it is not well-formed. The root is empty if it is not an
// object.
func parseDocument(content string) (root values, invalid string) {
	decoder := json.NewDecoder(strings.NewReader(content))
	decoder.UseNumber()
	var value any
	err := json.Unmarshal([]byte(content), &value)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		before := content[:max(0, int(syntax.Offset)-1)]
		line := strings.Count(before, "\n") + 1
		column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
		return nil, fmt.Sprintf("at Line: %d, Column: %d", line, column)
	case err != nil:
		return nil, err.Error()
	}
	if key := duplicateKey(json.NewDecoder(strings.NewReader(content))); key != "" {
		return nil, fmt.Sprintf("duplicate key %q", key)
	}
	if err := decoder.Decode(&value); err != nil {
		return nil, err.Error()
	}
	root, _ = value.(values)
	return root, ""
}

// duplicateKey reads a value and returns a key that one of its objects has twice, or "". The value is valid
// JSON.
func duplicateKey(decoder *json.Decoder) string {
	token, _ := decoder.Token()
	if token != json.Delim('{') && token != json.Delim('[') {
		return ""
	}
	seen := map[json.Token]bool{}
	for decoder.More() {
		if token == json.Delim('{') {
			key, _ := decoder.Token()
			if seen[key] {
				return fmt.Sprint(key)
			}
			seen[key] = true
		}
		if key := duplicateKey(decoder); key != "" {
			return key
		}
	}
	_, _ = decoder.Token()
	return ""
}

type documentSchema struct {
	versions []string
	check    func(root values, version string) string
}

var documentSchemas = map[string]documentSchema{
	"Session":    {[]string{"1.0"}, validateSession},
	"Command":    {[]string{"1.2", "2.0", "2.2"}, validateSteps},
	"Automation": {[]string{"0.3"}, validateSteps},
	"Policy":     {[]string{"2.0"}, validateSteps},
}

var yamlSchemaVersion = regexp.MustCompile(`(?m)^schemaVersion:\s*["']?([0-9.]+)`)

// documentSchemaVersion returns the schema version of content in JSON or YAML, or "".
func documentSchemaVersion(content string) string {
	var document struct {
		SchemaVersion string `json:"schemaVersion"`
	}
	if json.Unmarshal([]byte(content), &document) == nil {
		return document.SchemaVersion
	}
	if found := yamlSchemaVersion.FindStringSubmatch(content); found != nil {
		return found[1]
	}
	return ""
}

func schemaError(node, format string, args ...any) string {
	return fmt.Sprintf("[message: %q - parent node: %s]", fmt.Sprintf(format, args...), node)
}

func missingProperties(node string, names ...string) string {
	list, _ := json.Marshal(names) // strings always marshal
	return schemaError(node, "object has missing required properties (%s)", list)
}

// validateSteps checks only that a document has steps.
func validateSteps(root values, version string) string {
	steps := "mainSteps"
	if version == "1.2" {
		steps = "runtimeConfig"
	}
	if _, ok := root[steps]; !ok {
		return missingProperties("/", steps)
	}
	return ""
}

// sessionTypes are the values of sessionType.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
var sessionTypes = []string{"Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port"}

// sessionInputs are the inputs of a Standard_Stream document with their JSON types. All but the last three
// are required. The agent accepts booleans as strings as well, but the documentation shows only JSON
// booleans: that is the stricter interpretation.
var sessionInputs = []struct{ name, kind string }{
	{"cloudWatchEncryptionEnabled", "boolean"},
	{"cloudWatchLogGroupName", "string"},
	{"cloudWatchStreamingEnabled", "boolean"},
	{"kmsKeyId", "string"},
	{"runAsDefaultUser", "string"},
	{"runAsEnabled", "boolean"},
	{"s3BucketName", "string"},
	{"s3EncryptionEnabled", "boolean"},
	{"s3KeyPrefix", "string"},
	{"idleSessionTimeout", "string"},
	{"maxSessionDuration", "string"},
	{"shellProfile", "object"},
}

// requiredSessionInputs is how many of sessionInputs are required.
const requiredSessionInputs = 9

// Timeouts of a session in minutes. Empty: AWS's default.
var (
	idleMinutes = regexp.MustCompile(`^([1-9]|[1-5][0-9]|60)?$`)
	maxMinutes  = regexp.MustCompile(`^([1-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)?$`)
)

func validateSession(root values, _ string) string {
	if _, ok := root["sessionType"]; !ok {
		return missingProperties("/", "sessionType")
	}
	name, _ := root["sessionType"].(string)
	if !slices.Contains(sessionTypes, name) {
		list, _ := json.Marshal(sessionTypes) // strings always marshal
		return schemaError("/sessionType", "instance value (%q) not found in enum (possible values: %s)", name, list)
	}
	if name != "Standard_Stream" {
		return "" // the other types are not validated
	}
	if _, ok := root["inputs"]; !ok {
		return missingProperties("/", "inputs")
	}
	inputs, _ := root["inputs"].(values)
	var missing []string
	for i, input := range sessionInputs {
		value, ok := inputs[input.name]
		if !ok {
			if i < requiredSessionInputs {
				missing = append(missing, input.name)
			}
			continue
		}
		if got := schemaType(value); got != input.kind {
			return schemaError("/inputs/"+input.name,
				"instance type (%s) does not match any allowed primitive type (allowed: [%q])", got, input.kind)
		}
	}
	if missing != nil {
		return missingProperties("/inputs", missing...)
	}
	return validateSessionInputs(inputs)
}

// validateSessionInputs checks for unknown inputs, and invalid timeouts and shell profiles.
func validateSessionInputs(inputs values) string {
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		if !slices.ContainsFunc(sessionInputs, func(i struct{ name, kind string }) bool { return i.name == key }) {
			return schemaError("/inputs",
				"object instance has properties which are not allowed by the schema: [%q]", key)
		}
	}
	profile, _ := inputs["shellProfile"].(values)
	for _, key := range slices.Sorted(maps.Keys(profile)) {
		if key != "linux" && key != "windows" {
			return schemaError("/inputs/shellProfile", "object instance has properties which are not allowed by the schema: [%q]", key)
		}
		if got := schemaType(profile[key]); got != "string" {
			return schemaError("/inputs/shellProfile/"+key,
				"instance type (%s) does not match any allowed primitive type (allowed: [%q])", got, "string")
		}
	}
	for _, timeout := range []struct {
		input   string
		pattern *regexp.Regexp
	}{{"idleSessionTimeout", idleMinutes}, {"maxSessionDuration", maxMinutes}} {
		value, ok := inputs[timeout.input].(string)
		if ok && !timeout.pattern.MatchString(value) {
			return schemaError("/inputs/"+timeout.input, "ECMA 262 regex %q does not match input string %q", timeout.pattern, value)
		}
	}
	return ""
}

// schemaType returns the name of a value's type in JSON Schema.
func schemaType(value any) string {
	switch value := value.(type) {
	case values:
		return "object"
	case []any:
		return "array"
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		if strings.ContainsAny(value.String(), ".eE") {
			return "number"
		}
		return "integer"
	}
	return "string"
}
