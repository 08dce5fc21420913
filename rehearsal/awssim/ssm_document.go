package awssim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const documentToken = "aws:ssm/document:Document"

// documentTypes are the types that the provider accepts.
var documentTypes = []string{
	"Command", "Policy", "Automation", "Session", "Package", "ApplicationConfiguration", "ApplicationConfigurationSchema",
	"DeploymentStrategy", "ChangeCalendar", "Automation.ChangeTemplate", "ProblemAnalysis", "ProblemAnalysisTemplate",
	"CloudFormation", "ConformancePackTemplate", "QuickSetup",
}

var documentName = stringMatch(regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
	"must contain only alphanumeric, underscore, hyphen, or period characters")

func init() {
	register(&resourceType{
		Token: documentToken,
		Inputs: map[string]attribute{
			"content":            {Required: true, DiffSuppress: sameJSON},
			"documentType":       {Required: true, Validate: stringInSet(documentTypes...)},
			"documentFormat":     {Default: "JSON", Validate: stringInSet("YAML", "JSON", "TEXT")},
			"name":               {ForceNew: true, Computed: true, Validate: allOf(documentName, lengthBetween(3, 128))},
			"attachmentsSources": {},
			"permissions":        {},
			"targetType": {Validate: allOf(lengthBetween(1, 200), stringMatch(regexp.MustCompile(`^\/[\w\.\-\:\/]*$`),
				"must contain a forward slash optionally followed by a resource type such as AWS::EC2::Instance"))},
			"versionName": {Validate: allOf(lengthBetween(3, 128), documentName)},
		},
		Outputs: []string{
			"arn", "createdDate", "defaultVersion", "description", "documentVersion", "hash", "hashType", "latestVersion",
			"owner", "parameters", "platformTypes", "schemaVersion", "status",
		},
		AutoName:      &autoName{attribute: "name", maxLength: 255},
		Taggable:      true,
		CustomizeDiff: func(_ differences, _, in values) error { return validatePermissions(in) },
		SetNewComputed: map[string][]string{
			"content": {"defaultVersion", "documentVersion", "hash", "latestVersion", "parameters"},
		},
		Create: createDocument, Update: updateDocument, Delete: deleteDocument,
		NotFound: func(c *call, name string) error {
			return c.ssmError("updating SSM Document ("+name+")", "UpdateDocument", "InvalidDocument", "Document with name %s does not exist.", name)
		},
	})
}

// ssmError returns an error of Systems Manager. The status of all client errors is 400.
func (c *call) ssmError(prefix, operation, code, format string, args ...any) error {
	return c.apiError(prefix, "SSM", operation, 400, code, format, args...)
}

// sameJSON reports whether two strings contain equivalent JSON.
func sameJSON(a, b any) bool {
	x, okA := a.(string)
	y, okB := b.(string)
	var u, v any
	return okA && okB && json.Unmarshal([]byte(x), &u) == nil && json.Unmarshal([]byte(y), &v) == nil && equal(u, v)
}

// validatePermissions returns the provider's error for the permissions of a document.
func validatePermissions(in values) error {
	permissions, ok := in["permissions"].(values)
	if !ok || isUnknown(permissions) {
		return nil
	}
	kind, hasKind := permissions["type"]
	switch {
	case !hasKind:
		return errors.New(`"permissions": "type" must be defined`)
	case kind != "Share":
		return errors.New(`"permissions": only Share "type" supported`)
	case !isSet(permissions, "account_ids"):
		return errors.New(`"permissions": "account_ids" must be defined`)
	}
	return nil
}

func createDocument(c *call, in values) (string, values, error) {
	name := str(in, "name")
	prefix := "creating SSM Document (" + name + ")"
	if err := validatePermissions(in); err != nil {
		return "", nil, err
	}
	for _, reserved := range reservedDocumentNames {
		if strings.HasPrefix(strings.ToLower(name), reserved) {
			return "", nil, c.ssmError(prefix, "CreateDocument", "ValidationException", "Invalid document name %s", name)
		}
	}
	code, message := validateDocument(str(in, "documentType"), str(in, "documentFormat"), str(in, "content"))
	if code != "" {
		return "", nil, c.ssmError(prefix, "CreateDocument", code, "%s", message)
	}
	if file := c.file(); c.get(documentToken, name) != nil || file != nil && slices.Contains(file.Documents, name) {
		return "", nil, c.ssmError(prefix, "CreateDocument", "DocumentAlreadyExists", "Document with same name %s already exists", name)
	}
	maps.Copy(in, values{
		"arn": c.arn("ssm", "document/"+name), "createdDate": createdAt, "owner": c.account, "status": "Active",
		"platformTypes": toList([]string{"Linux", "MacOS", "Windows"}),
	})
	describeDocument(in, "1")
	c.put(documentToken, name, in)
	return name, in, nil
}

// describeDocument sets the properties that depend on the document's content and version.
func describeDocument(state values, version string) {
	var content struct {
		Description string `json:"description"`
		Parameters  map[string]struct {
			Type        string `json:"type"`
			Description string `json:"description"`
			Default     any    `json:"default"`
		} `json:"parameters"`
	}
	parameters := []any{}
	if json.Unmarshal([]byte(str(state, "content")), &content) == nil {
		for _, name := range slices.Sorted(maps.Keys(content.Parameters)) {
			p := content.Parameters[name]
			parameter := values{"name": name, "type": p.Type, "description": p.Description, "defaultValue": ""}
			if p.Default != nil {
				parameter["defaultValue"] = fmt.Sprint(p.Default)
			}
			parameters = append(parameters, parameter)
		}
	}
	sum := sha256.Sum256([]byte(str(state, "content")))
	maps.Copy(state, values{
		"schemaVersion": documentSchemaVersion(str(state, "content")), "description": content.Description,
		"parameters": parameters, "hash": hex.EncodeToString(sum[:]), "hashType": "Sha256",
		"defaultVersion": version, "documentVersion": version, "latestVersion": version,
	})
}

func updateDocument(c *call, name string, old, in values) (values, error) {
	prefix := "updating SSM Document (" + name + ")"
	kind, content := str(old, "documentType"), str(old, "content")
	version, schema := str(old, "latestVersion"), str(old, "schemaVersion")
	if sameJSON(content, in["content"]) {
		in["content"] = content
	}
	changed := str(in, "content") != content
	if changed {
		if strings.HasPrefix(schema, "1.") && kind != "Session" {
			return nil, c.ssmError(prefix, "UpdateDocument", "InvalidDocumentSchemaVersion",
				"The version of the document schema isn't supported.")
		}
		code, message := validateDocument(kind, str(in, "documentFormat"), str(in, "content"))
		if code != "" {
			return nil, c.ssmError(prefix, "UpdateDocument", code, "%s", message)
		}
	}
	state := c.applyInputs(old, in)
	// The provider plans a change of the type as an update, but makes no API call for it.
	state["documentType"] = kind
	if changed {
		n, err := strconv.Atoi(version)
		if err != nil {
			return nil, err
		}
		describeDocument(state, strconv.Itoa(n+1))
	}
	return state, nil
}

func deleteDocument(c *call, name string, _ values) error {
	bound := func(v values) bool { return str(v, "name") == name && str(v, "instanceId") != "" }
	if len(c.find(ssmAssociationToken, bound)) > 0 {
		return c.ssmError("deleting SSM Document ("+name+")", "DeleteDocument", "AssociatedInstances",
			"You must disassociate a document from all instances before you can delete it.")
	}
	c.remove(c.get(documentToken, name))
	return nil
}
