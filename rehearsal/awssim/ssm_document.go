package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDocumentBytes is the size of a document's content.
const maxDocumentBytes = 64 * 1024

// reservedDocumentNames are the prefixes that AWS keeps for its own documents, whatever the case.
var reservedDocumentNames = []string{"aws", "amazon", "amzn"}

// documentProblem returns the code and the sentence with which Systems Manager refuses a document, or two empty
// strings. The form of the sentences on schemas is that of the JSON schema validator whose words Systems Manager
// passes on; which of several flaws it names first is not established.
func documentProblem(kind, format, content string) (code, message string) {
	if len(content) > maxDocumentBytes {
		return "MaxDocumentSizeExceeded", "The size limit of a document is 64 KB."
	}
	if format != "JSON" {
		return "", "" // YAML and TEXT are kept as they are: the simulation reads JSON alone
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

// parseDocument parses content in JSON, or returns what is wrong with it. An element of content that is not an object is
// empty.
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

// duplicateKey reads a value and returns a key that one of its objects has twice, or "". The value is valid JSON.
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
	"Session":    {[]string{"1.0"}, sessionProblem},
	"Command":    {[]string{"1.2", "2.0", "2.2"}, stepsProblem},
	"Automation": {[]string{"0.3"}, stepsProblem},
	"Policy":     {[]string{"2.0"}, stepsProblem},
}

var yamlSchemaVersion = regexp.MustCompile(`(?m)^schemaVersion:\s*["']?([0-9.]+)`)

// documentSchemaVersion finds the version in JSON and in YAML.
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

func schemaFlaw(node, format string, args ...any) string {
	return fmt.Sprintf("[message: %q - parent node: %s]", fmt.Sprintf(format, args...), node)
}

func missingProperties(node string, names ...string) string {
	list, _ := json.Marshal(names) // strings always marshal
	return schemaFlaw(node, "object has missing required properties (%s)", list)
}

// stepsProblem looks for what makes documents of the other types do something, and no further.
func stepsProblem(root values, version string) string {
	steps := "mainSteps"
	if version == "1.2" {
		steps = "runtimeConfig"
	}
	if _, ok := root[steps]; !ok {
		return missingProperties("/", steps)
	}
	return ""
}

// sessionTypes are those of https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
var sessionTypes = []string{"Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port"}

// sessionInputs are the inputs of a Standard_Stream document and their JSON types. All but the last three must be
// there. The agent takes booleans as text too; the documentation shows JSON booleans alone, and the stricter reading
// holds.
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

// Minutes that a session may idle and last. Empty leaves AWS's own limit.
var (
	idleMinutes = regexp.MustCompile(`^([1-9]|[1-5][0-9]|60)?$`)
	maxMinutes  = regexp.MustCompile(`^([1-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)?$`)
)

func sessionProblem(root values, _ string) string {
	if _, ok := root["sessionType"]; !ok {
		return missingProperties("/", "sessionType")
	}
	name, _ := root["sessionType"].(string)
	if !slices.Contains(sessionTypes, name) {
		list, _ := json.Marshal(sessionTypes) // strings always marshal
		return schemaFlaw("/sessionType", "instance value (%q) not found in enum (possible values: %s)", name, list)
	}
	if name != "Standard_Stream" {
		return "" // their parameters and properties are not what this project writes
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
			return schemaFlaw("/inputs/"+input.name,
				"instance type (%s) does not match any allowed primitive type (allowed: [%q])", got, input.kind)
		}
	}
	if missing != nil {
		return missingProperties("/inputs", missing...)
	}
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		if !slices.ContainsFunc(sessionInputs, func(i struct{ name, kind string }) bool { return i.name == key }) {
			return schemaFlaw("/inputs",
				"object instance has properties which are not allowed by the schema: [%q]", key)
		}
	}
	for _, minutes := range []struct {
		input string
		form  *regexp.Regexp
	}{{"idleSessionTimeout", idleMinutes}, {"maxSessionDuration", maxMinutes}} {
		value, ok := inputs[minutes.input].(string)
		if ok && !minutes.form.MatchString(value) {
			return schemaFlaw("/inputs/"+minutes.input, "ECMA 262 regex %q does not match input string %q", minutes.form, value)
		}
	}
	return ""
}

// schemaType is the type's name in JSON schema.
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

// awsDocument is a document of AWS's own: its parameters, and those that must be given.
type awsDocument struct{ parameters, required []string }

// awsDocuments are those that associations use.
var awsDocuments = map[string]awsDocument{
	"AWS-UpdateSSMAgent": {parameters: []string{"allowDowngrade", "version"}},
	"AWS-RunPatchBaseline": {
		parameters: []string{"BaselineOverride", "InstallOverrideList", "Operation", "RebootOption", "SnapshotId"},
		required:   []string{"Operation"},
	},
	"AWS-RunPatchBaselineAssociation": {
		parameters: []string{"AssociationId", "BaselineTags", "InstallOverrideList", "Operation", "RebootOption"},
		required:   []string{"Operation"},
	},
	"AWS-GatherSoftwareInventory": {parameters: []string{
		"applications", "awsComponents", "billingInfo", "customInventory", "files", "instanceDetailedInformation",
		"networkConfig", "services", "windowsRegistry", "windowsRoles", "windowsUpdates",
	}},
	"AWS-ConfigureAWSPackage": {
		parameters: []string{"action", "additionalArguments", "installationType", "name", "version"},
		required:   []string{"action", "name"},
	},
	"AWS-RunShellScript": {
		parameters: []string{"commands", "executionTimeout", "workingDirectory"},
		required:   []string{"commands"},
	},
	"AWS-RunPowerShellScript": {
		parameters: []string{"commands", "executionTimeout", "workingDirectory"},
		required:   []string{"commands"},
	},
	"AmazonCloudWatch-ManageAgent": {
		parameters: []string{
			"action", "mode", "optionalConfigurationLocation", "optionalConfigurationSource", "optionalOpenTelemetryCollectorConfigurationLocation",
			"optionalOpenTelemetryCollectorConfigurationSource", "optionalRestart",
		},
		required: []string{"action"},
	},
}

// parametersProblem refuses parameters that a document does not know, and the lack of those it needs. The sentence on
// an unknown one is not established.
func parametersProblem(document awsDocument, parameters map[string]string) string {
	for _, name := range document.required {
		if _, ok := parameters[name]; !ok {
			return fmt.Sprintf("Parameter %q requires a value.", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !slices.Contains(document.parameters, name) {
			return fmt.Sprintf("Parameter %q is not defined in the document.", name)
		}
	}
	return ""
}

// Forms of https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html for
// associations: times of day, of the hour, and days of the week. Months and years cannot be chosen.
var (
	rateForm = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)(s?)\)$`)
	atForm   = regexp.MustCompile(`^at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)$`)
	cronForm = regexp.MustCompile(`^cron\((([0-9]|[1-5][0-9])|0/(15|30)|\*) (([0-9]|1[0-9]|2[0-3])|[0-9]+/(1|2|4|8|12)|\*) ` +
		`(\?|\*) \* (\?|\*|([1-7]|MON|TUE|WED|THU|FRI|SAT|SUN)([#,-]([1-7]|MON|TUE|WED|THU|FRI|SAT|SUN))*L?) \*\)$`)
)

// validSchedule tells whether an association can run by the expression.
func validSchedule(expression string) bool {
	if found := rateForm.FindStringSubmatch(expression); found != nil {
		n, err := strconv.Atoi(found[1])
		if err != nil || n == 0 || (n == 1) == (found[3] == "s") {
			return false
		}
		return found[2] != "minute" || n >= 30 // 30 minutes is the shortest interval
	}
	return cronForm.MatchString(expression) || atForm.MatchString(expression)
}
