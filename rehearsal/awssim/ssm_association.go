package awssim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const ssmAssociationToken = "aws:ssm/association:Association"

// shareMessage is the provider's message for an invalid maxConcurrency or maxErrors.
const shareMessage = "must be a valid number (e.g. 10) or percentage including the percent sign (e.g. 10%)"

var (
	concurrencyShare = stringMatch(regexp.MustCompile(`^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$`), shareMessage)
	errorShare       = stringMatch(regexp.MustCompile(`^(0|[1-9][0-9]*|[1-9][0-9]%|[0-9]%|100%)$`), shareMessage)
	versionPattern   = regexp.MustCompile(`^([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)$`)
)

func init() {
	register(&resourceType{
		Token: ssmAssociationToken,
		Inputs: map[string]attribute{
			"name":                          {ForceNew: true, Computed: true},
			"targets":                       {Computed: true, Set: true, Validate: associationTargets},
			"parameters":                    {Computed: true},
			"scheduleExpression":            {Validate: lengthBetween(1, 256)},
			"applyOnlyAtCronInterval":       {Default: false},
			"associationName":               {Validate: allOf(lengthBetween(3, 128), documentName)},
			"automationTargetParameterName": {Validate: lengthBetween(1, 50)},
			"complianceSeverity":            {Validate: stringInSet("UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "CRITICAL")},
			"documentVersion":               {Computed: true, Validate: documentVersion},
			"maxConcurrency":                {Validate: concurrencyShare},
			"maxErrors":                     {Validate: errorShare},
			"outputLocation": {Elem: map[string]attribute{
				"s3BucketName": {Required: true, Validate: lengthBetween(3, 63)},
				"s3KeyPrefix":  {Validate: lengthBetween(0, 500)},
				"s3Region":     {Validate: lengthBetween(3, 20)},
			}},
			"syncCompliance":               {Validate: stringInSet("AUTO", "MANUAL")},
			"waitForSuccessTimeoutSeconds": {},
		},
		Outputs:  []string{"arn", "associationId"},
		AutoName: &autoName{attribute: "name", maxLength: 255},
		Taggable: true,
		Create:   createSSMAssociation, Update: updateSSMAssociation,
		NotFound: func(c *call, id string) error { // the message is not confirmed
			return c.ssmError("updating SSM Association ("+id+")", "UpdateAssociation", "AssociationDoesNotExist", "The specified association does not exist.")
		},
	})
}

func documentVersion(path string, value any) []string {
	if version, _ := value.(string); !versionPattern.MatchString(version) {
		return []string{fmt.Sprintf("expected value of %s to match regular expression %q, got %s", path, versionPattern, version)}
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
		reasons = append(reasons, lengthBetween(1, 163)(fmt.Sprintf("%s.%d.key", path, i), target["key"])...)
		if items, _ := target["values"].([]any); len(items) > 50 {
			reasons = append(reasons, `Too many list items. Attribute values supports 50 item maximum`)
		}
	}
	return reasons
}

func createSSMAssociation(c *call, in values) (string, values, error) {
	name := str(in, "name")
	prefix := "creating SSM Association (" + name + ")"
	if err := c.checkSSMAssociation(prefix, "CreateAssociation", in); err != nil {
		return "", nil, err
	}
	if instance := str(in, "instanceId"); instance != "" {
		same := func(v values) bool { return str(v, "name") == name && str(v, "instanceId") == instance }
		if len(c.find(ssmAssociationToken, same)) > 0 {
			return "", nil, c.ssmError(prefix, "CreateAssociation", "AssociationAlreadyExists",
				"The specified association already exists.")
		}
		in["targets"] = []any{values{"key": "InstanceIds", "values": []any{instance}}}
	}
	id := c.uuid()
	in["associationId"], in["arn"] = id, c.arn("ssm", "association/"+id)
	if str(in, "documentVersion") == "" {
		in["documentVersion"] = "$DEFAULT"
	}
	c.put(ssmAssociationToken, id, in)
	return id, in, nil
}

func updateSSMAssociation(c *call, id string, old, in values) (values, error) {
	state := c.applyInputs(old, in)
	if err := c.checkSSMAssociation("updating SSM Association ("+id+")", "UpdateAssociation", state); err != nil {
		return nil, err
	}
	return state, nil
}

var instanceIDPattern = regexp.MustCompile(`^(\*|(i|mi)-[0-9a-f]{8,17})$`)

// checkSSMAssociation returns AWS's error for a document that does not exist, or for invalid targets,
// parameters or schedules.
func (c *call) checkSSMAssociation(prefix, operation string, in values) error {
	name := str(in, "name")
	document, known := awsDocuments[strings.TrimPrefix(name, "arn:"+c.partition+":ssm:"+c.region+"::document/")]
	if own := c.get(documentToken, strings.TrimPrefix(name, c.arn("ssm", "document/"))); own != nil {
		document, known = documentParameters(own.State), true
		if kind := str(own.State, "documentType"); kind != "Command" && kind != "Automation" && kind != "Policy" {
			return c.ssmError(prefix, operation, "InvalidDocument", "Document type %s is not supported", kind)
		}
	}
	if !known {
		return c.ssmError(prefix, operation, "InvalidDocument", "Document with name %s does not exist.", name)
	}
	targets, _ := in["targets"].([]any)
	if len(targets) == 0 && str(in, "instanceId") == "" {
		return c.ssmError(prefix, operation, "InvalidTarget", "Instance ID or targets must be specified")
	}
	for _, item := range targets {
		target, _ := item.(values)
		if !validTarget(target) {
			return c.ssmError(prefix, operation, "InvalidTarget", "Unsupported Target Type")
		}
	}
	parameters := map[string]string{}
	set, _ := in["parameters"].(values)
	for parameter, value := range set {
		parameters[parameter] = fmt.Sprint(value)
	}
	if message := checkParameters(document, parameters); message != "" {
		return c.ssmError(prefix, operation, "InvalidParameters", "%s", message)
	}
	schedule := str(in, "scheduleExpression")
	if schedule != "" && !validSchedule(schedule) {
		return c.ssmError(prefix, operation, "InvalidSchedule",
			"The schedule is invalid. Verify your cron or rate expression and try again.")
	}
	// AWS documents that a rate expression does not support it. Rejecting it without a schedule is the
	// stricter interpretation. The message is not confirmed.
	if boolean(in, "applyOnlyAtCronInterval") && !strings.HasPrefix(schedule, "cron(") {
		return c.ssmError(prefix, operation, "ValidationException", "ApplyOnlyAtCronInterval needs a cron expression.")
	}
	return nil
}

func validTarget(target values) bool {
	switch k, ids := str(target, "key"), strList(target, "values"); {
	case k == "InstanceIds":
		return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return !instanceIDPattern.MatchString(id) })
	case strings.HasPrefix(k, "tag:"):
		return len(k) > len("tag:") && len(ids) > 0
	default:
		return len(ids) > 0 && slices.Contains([]string{
			"ParameterValues", "ResourceGroup", "aws:NoOpAutomationTag", "resource-groups:Name",
			"resource-groups:ResourceTypeFilters", "tag-key",
		}, k)
	}
}

// checkParameters returns AWS's message for a missing or unknown parameter, or "". The message for an
// unknown one is not confirmed.
func checkParameters(document documentParams, parameters map[string]string) string {
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

// The schedule expressions for associations. Cron expressions cannot choose days of the month, months or
// years.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
var (
	ratePattern = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)(s?)\)$`)
	atPattern   = regexp.MustCompile(`^at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)$`)
	cronPattern = regexp.MustCompile(`^cron\((([0-9]|[1-5][0-9])|0/(15|30)|\*) (([0-9]|1[0-9]|2[0-3])|[0-9]+/(1|2|4|8|12)|\*) ` +
		`(\?|\*) \* (\?|\*|([1-7]|MON|TUE|WED|THU|FRI|SAT|SUN)([#,-]([1-7]|MON|TUE|WED|THU|FRI|SAT|SUN))*L?) \*\)$`)
)

// validSchedule reports whether a schedule expression is valid for an association.
func validSchedule(expression string) bool {
	if found := ratePattern.FindStringSubmatch(expression); found != nil {
		n, err := strconv.Atoi(found[1])
		if err != nil || n == 0 || (n == 1) == (found[3] == "s") {
			return false
		}
		return found[2] != "minute" || n >= 30 // 30 minutes is the shortest interval
	}
	return cronPattern.MatchString(expression) || atPattern.MatchString(expression)
}
