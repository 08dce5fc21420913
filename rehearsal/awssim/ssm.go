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

// Tokens of Systems Manager's types.
const (
	documentToken       = "aws:ssm/document:Document"
	ssmAssociationToken = "aws:ssm/association:Association"
)

// documentTypes are those that the provider knows.
var documentTypes = []string{
	"Command", "Policy", "Automation", "Session", "Package", "ApplicationConfiguration", "ApplicationConfigurationSchema",
	"DeploymentStrategy", "ChangeCalendar", "Automation.ChangeTemplate", "ProblemAnalysis", "ProblemAnalysisTemplate",
	"CloudFormation", "ConformancePackTemplate", "QuickSetup",
}

var documentName = matching(regexp.MustCompile(`^[0-9A-Za-z_.-]+$`),
	"must contain only alphanumeric, underscore, hyphen, or period characters")

// Shares of a target that an association runs on at a time, and that may fail.
const shareWords = "must be a valid number (e.g. 10) or percentage including the percent sign (e.g. 10%)"

var (
	concurrencyShare = matching(regexp.MustCompile(`^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$`), shareWords)
	errorShare       = matching(regexp.MustCompile(`^(0|[1-9][0-9]*|[1-9][0-9]%|[0-9]%|100%)$`), shareWords)
	versionForm      = regexp.MustCompile(`^([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)$`)
)

func init() {
	register(&resourceType{
		token: ssmAssociationToken,
		inputs: map[string]attribute{
			"name":                          {replace: true, computed: true},
			"instanceId":                    {replace: true},
			"targets":                       {computed: true, unordered: true, check: associationTargets},
			"parameters":                    {computed: true},
			"scheduleExpression":            {check: length(1, 256)},
			"applyOnlyAtCronInterval":       {fallback: false},
			"associationName":               {check: both(length(3, 128), documentName)},
			"automationTargetParameterName": {check: length(1, 50)},
			"complianceSeverity":            {check: oneOf("UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "CRITICAL")},
			"documentVersion":               {computed: true, check: documentVersion},
			"maxConcurrency":                {check: concurrencyShare},
			"maxErrors":                     {check: errorShare},
			"outputLocation": {fields: map[string]attribute{
				"s3BucketName": {required: true, check: length(3, 63)},
				"s3KeyPrefix":  {check: length(0, 500)},
				"s3Region":     {check: length(3, 20)},
			}},
			"syncCompliance":               {check: oneOf("AUTO", "MANUAL")},
			"waitForSuccessTimeoutSeconds": {},
		},
		outputs:  []string{"arn", "associationId"},
		name:     &autoname{attribute: "name", longest: 255},
		taggable: true,
		create:   createSSMAssociation, update: updateSSMAssociation,
		gone: func(c *call, id string) error { // the code is AWS's, the sentence not established
			return c.ssm("updating SSM Association ("+id+")", "UpdateAssociation", "AssociationDoesNotExist", "The specified association does not exist.")
		},
	}, &resourceType{
		token: documentToken,
		inputs: map[string]attribute{
			"content":            {required: true, same: sameJSON},
			"documentType":       {required: true, check: oneOf(documentTypes...)},
			"documentFormat":     {fallback: "JSON", check: oneOf("YAML", "JSON", "TEXT")},
			"name":               {replace: true, computed: true, check: both(documentName, length(3, 128))},
			"attachmentsSources": {},
			"permissions":        {},
			"targetType": {check: both(length(1, 200), matching(regexp.MustCompile(`^\/[\w\.\-\:\/]*$`),
				"must contain a forward slash optionally followed by a resource type such as AWS::EC2::Instance"))},
			"versionName": {check: both(length(3, 128), documentName)},
		},
		outputs: []string{
			"arn", "createdDate", "defaultVersion", "description", "documentVersion", "hash", "hashType", "latestVersion",
			"owner", "parameters", "platformTypes", "schemaVersion", "status",
		},
		name:     &autoname{attribute: "name", longest: 255},
		taggable: true,
		judge:    func(_, in values) error { return sharesProblem(in) },
		volatile: map[string][]string{
			"content": {"defaultVersion", "documentVersion", "hash", "latestVersion", "parameters"},
		},
		create: createDocument, update: updateDocument, remove: removeDocument,
		gone: func(c *call, name string) error {
			return c.ssm("updating SSM Document ("+name+")", "UpdateDocument", "InvalidDocument", "Document with name %s does not exist.", name)
		},
	})
}

func documentVersion(path string, value any) []string {
	if version, _ := value.(string); !versionForm.MatchString(version) {
		return []string{fmt.Sprintf("expected value of %s to match regular expression %q, got %s", path, versionForm, version)}
	}
	return nil
}

func associationTargets(path string, value any) []string {
	targets, _ := value.([]any)
	if len(targets) > 5 {
		return []string{`Too many targets blocks. No more than 5 "targets" blocks are allowed`}
	}
	var reasons []string
	for i, item := range targets {
		target, _ := item.(values)
		reasons = append(reasons, length(1, 163)(fmt.Sprintf("%s.%d.key", path, i), target["key"])...)
		if items, _ := target["values"].([]any); len(items) > 50 {
			reasons = append(reasons, `Too many list items. Attribute values supports 50 item maximum`)
		}
	}
	return reasons
}

// sameJSON compares by meaning.
func sameJSON(a, b any) bool {
	x, okA := a.(string)
	y, okB := b.(string)
	var u, v any
	return okA && okB && json.Unmarshal([]byte(x), &u) == nil && json.Unmarshal([]byte(y), &v) == nil && equal(u, v)
}

// ssm is an error of Systems Manager's, which answers all mistakes of callers with 400.
func (c *call) ssm(prefix, operation, code, format string, args ...any) error {
	return c.refuse(prefix, "SSM", operation, 400, code, format, args...)
}

func createSSMAssociation(c *call, in values) (string, values, error) {
	name := text(in, "name")
	prefix := "creating SSM Association (" + name + ")"
	if err := c.checkAssociationOf(prefix, "CreateAssociation", in); err != nil {
		return "", nil, err
	}
	if instance := text(in, "instanceId"); instance != "" {
		same := func(v values) bool { return text(v, "name") == name && text(v, "instanceId") == instance }
		if len(c.all(ssmAssociationToken, same)) > 0 {
			return "", nil, c.ssm(prefix, "CreateAssociation", "AssociationAlreadyExists",
				"The specified association already exists.")
		}
		in["targets"] = []any{values{"key": "InstanceIds", "values": []any{instance}}}
	}
	id := c.uuid()
	in["associationId"], in["arn"] = id, c.arn("ssm", "association/"+id)
	if text(in, "documentVersion") == "" {
		in["documentVersion"] = "$DEFAULT"
	}
	c.put(ssmAssociationToken, id, in)
	return id, in, nil
}

func updateSSMAssociation(c *call, id string, old, in values) (values, error) {
	state := c.settle(old, in)
	if err := c.checkAssociationOf("updating SSM Association ("+id+")", "UpdateAssociation", state); err != nil {
		return nil, err
	}
	return state, nil
}

var instanceIDForm = regexp.MustCompile(`^(\*|(i|mi)-[0-9a-f]{8,17})$`)

// checkAssociationOf refuses an association of a document that is not there, with targets, times or parameters that it
// cannot have.
func (c *call) checkAssociationOf(prefix, operation string, in values) error {
	name := text(in, "name")
	document, known := awsDocuments[strings.TrimPrefix(name, "arn:"+c.partition+":ssm:"+c.region+"::document/")]
	if own := c.get(documentToken, strings.TrimPrefix(name, c.arn("ssm", "document/"))); own != nil {
		document, known = ownDocument(own.State), true
		if kind := text(own.State, "documentType"); kind != "Command" && kind != "Automation" && kind != "Policy" {
			return c.ssm(prefix, operation, "InvalidDocument", "Document type %s is not supported", kind)
		}
	}
	if !known {
		return c.ssm(prefix, operation, "InvalidDocument", "Document with name %s does not exist.", name)
	}
	targets, _ := in["targets"].([]any)
	if len(targets) == 0 && text(in, "instanceId") == "" {
		return c.ssm(prefix, operation, "InvalidTarget", "Instance ID or targets must be specified")
	}
	for _, item := range targets {
		target, _ := item.(values)
		if !validTarget(target) {
			return c.ssm(prefix, operation, "InvalidTarget", "Unsupported Target Type")
		}
	}
	parameters := map[string]string{}
	given, _ := in["parameters"].(values)
	for parameter, value := range given {
		parameters[parameter] = fmt.Sprint(value)
	}
	if problem := parametersProblem(document, parameters); problem != "" {
		return c.ssm(prefix, operation, "InvalidParameters", "%s", problem)
	}
	schedule := text(in, "scheduleExpression")
	if schedule != "" && !validSchedule(schedule) {
		return c.ssm(prefix, operation, "InvalidSchedule",
			"The schedule is invalid. Verify your cron or rate expression and try again.")
	}
	// AWS documents that a rate expression does not take it; that nothing to wait for does not either is the stricter
	// reading. The sentence is not established.
	if flag(in, "applyOnlyAtCronInterval") && !strings.HasPrefix(schedule, "cron(") {
		return c.ssm(prefix, operation, "ValidationException", "ApplyOnlyAtCronInterval needs a cron expression.")
	}
	return nil
}

func validTarget(target values) bool {
	switch k, ids := text(target, "key"), list(target, "values"); {
	case k == "InstanceIds":
		return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return !instanceIDForm.MatchString(id) })
	case strings.HasPrefix(k, "tag:"):
		return len(k) > len("tag:") && len(ids) > 0
	default:
		return len(ids) > 0 && slices.Contains([]string{
			"ParameterValues", "ResourceGroup", "aws:NoOpAutomationTag", "resource-groups:Name",
			"resource-groups:ResourceTypeFilters", "tag-key",
		}, k)
	}
}

// ownDocument reads what a document of the account wants to be given.
func ownDocument(state values) awsDocument {
	var content struct {
		Parameters map[string]struct {
			Default any `json:"default"`
		} `json:"parameters"`
	}
	var document awsDocument
	if json.Unmarshal([]byte(text(state, "content")), &content) == nil {
		for _, name := range slices.Sorted(maps.Keys(content.Parameters)) {
			document.parameters = append(document.parameters, name)
			if content.Parameters[name].Default == nil {
				document.required = append(document.required, name)
			}
		}
	}
	return document
}

// sharesProblem is the provider's check of a document's permissions, which it makes when it compares.
func sharesProblem(in values) error {
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
	case !given(permissions, "account_ids"):
		return errors.New(`"permissions": "account_ids" must be defined`)
	}
	return nil
}

func createDocument(c *call, in values) (string, values, error) {
	name := text(in, "name")
	prefix := "creating SSM Document (" + name + ")"
	if err := sharesProblem(in); err != nil {
		return "", nil, err
	}
	for _, reserved := range reservedDocumentNames {
		if strings.HasPrefix(strings.ToLower(name), reserved) {
			return "", nil, c.ssm(prefix, "CreateDocument", "ValidationException", "Invalid document name %s", name)
		}
	}
	code, message := documentProblem(text(in, "documentType"), text(in, "documentFormat"), text(in, "content"))
	if code != "" {
		return "", nil, c.ssm(prefix, "CreateDocument", code, "%s", message)
	}
	if c.get(documentToken, name) != nil {
		return "", nil, c.ssm(prefix, "CreateDocument", "DocumentAlreadyExists", "Document with same name %s already exists", name)
	}
	maps.Copy(in, values{
		"arn": c.arn("ssm", "document/"+name), "createdDate": someDay, "owner": c.account(), "status": "Active",
		"platformTypes": anys([]string{"Linux", "MacOS", "Windows"}),
	})
	describeDocument(in, "1")
	c.put(documentToken, name, in)
	return name, in, nil
}

// describeDocument fills in what follows from a document's content, of which this is the version.
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
	if json.Unmarshal([]byte(text(state, "content")), &content) == nil {
		for _, name := range slices.Sorted(maps.Keys(content.Parameters)) {
			p := content.Parameters[name]
			parameter := values{"name": name, "type": p.Type, "description": p.Description, "defaultValue": ""}
			if p.Default != nil {
				parameter["defaultValue"] = fmt.Sprint(p.Default)
			}
			parameters = append(parameters, parameter)
		}
	}
	sum := sha256.Sum256([]byte(text(state, "content")))
	maps.Copy(state, values{
		"schemaVersion": documentSchemaVersion(text(state, "content")), "description": content.Description,
		"parameters": parameters, "hash": hex.EncodeToString(sum[:]), "hashType": "Sha256",
		"defaultVersion": version, "documentVersion": version, "latestVersion": version,
	})
}

func updateDocument(c *call, name string, old, in values) (values, error) {
	prefix := "updating SSM Document (" + name + ")"
	kind, content := text(old, "documentType"), text(old, "content")
	version, schema := text(old, "latestVersion"), text(old, "schemaVersion")
	if sameJSON(content, in["content"]) {
		in["content"] = content
	}
	changed := text(in, "content") != content
	if changed {
		if strings.HasPrefix(schema, "1.") && kind != "Session" {
			return nil, c.ssm(prefix, "UpdateDocument", "InvalidDocumentSchemaVersion",
				"The version of the document schema isn't supported.")
		}
		code, message := documentProblem(kind, text(in, "documentFormat"), text(in, "content"))
		if code != "" {
			return nil, c.ssm(prefix, "UpdateDocument", code, "%s", message)
		}
	}
	state := c.settle(old, in)
	// The provider plans another type as an update and then sends none, so that AWS keeps the old one.
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

func removeDocument(c *call, name string, _ values) error {
	bound := func(v values) bool { return text(v, "name") == name && text(v, "instanceId") != "" }
	if len(c.all(ssmAssociationToken, bound)) > 0 {
		return c.ssm("deleting SSM Document ("+name+")", "DeleteDocument", "AssociatedInstances",
			"You must disassociate a document from all instances before you can delete it.")
	}
	c.drop(c.get(documentToken, name))
	return nil
}
