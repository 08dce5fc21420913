package awssim

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

const associationTokenSSM = "aws:ssm/association:Association"

var associationName = regexp.MustCompile(`^[0-9A-Za-z_.-]{3,128}$`)

func init() {
	register(&resourceType{
		token: associationTokenSSM,
		name:  &autoname{attribute: "name", longest: 255},
		inputs: map[string]attribute{
			"name":       {replace: true},
			"instanceId": {replace: true},
			"targets":    {computed: true}, "parameters": {computed: true},
			"scheduleExpression":            {check: length(1, 256)},
			"applyOnlyAtCronInterval":       {fallback: false},
			"associationName":               {check: matching(associationName, "must contain only alphanumeric, underscores, hyphens, or periods")},
			"automationTargetParameterName": {check: length(1, 50)},
			"complianceSeverity":            {check: oneOf("UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "CRITICAL")},
			"documentVersion":               {computed: true},
			"maxConcurrency":                {}, "maxErrors": {},
			"syncCompliance": {check: oneOf("AUTO", "MANUAL")},
		},
		outputs:  []string{"arn", "associationId"},
		taggable: true,
		create:   createSSMAssociation, update: updateSSMAssociation,
	})
}

func createSSMAssociation(c *call, in values) (string, values, error) {
	prefix := "creating SSM Association (" + text(in, "name") + ")"
	if err := c.checkSSMAssociation(prefix, "CreateAssociation", in); err != nil {
		return "", nil, err
	}
	id := c.uuid()
	state := clone(in)
	maps.Copy(state, values{"arn": c.arn("ssm", "association/"+id), "associationId": id})
	for name, usual := range map[string]any{"documentVersion": "$DEFAULT", "parameters": values{}, "targets": []any{}} {
		if !given(in, name) {
			state[name] = usual
		}
	}
	c.put(associationTokenSSM, id, state)
	return id, state, nil
}

func updateSSMAssociation(c *call, id string, old, in values) (values, error) {
	if err := c.checkSSMAssociation("updating SSM Association ("+id+")", "UpdateAssociation", in); err != nil {
		return nil, err
	}
	return merge(c, id, old, in)
}

func (c *call) checkSSMAssociation(prefix, operation string, in values) error {
	refuse := func(code, format string, args ...any) error {
		return c.refuse(prefix, "SSM", operation, 400, code, format, args...)
	}
	name := text(in, "name")
	document, known := awsDocuments[name]
	if !known && c.get(documentToken, name) == nil {
		return refuse("InvalidDocument", "Document with name %s does not exist.", name)
	}
	if targets, _ := in["targets"].([]any); len(targets) == 0 && text(in, "instanceId") == "" {
		return refuse("InvalidTarget", "Instance ID or targets must be specified")
	}
	schedule := text(in, "scheduleExpression")
	if schedule != "" && !validSchedule(schedule) {
		return refuse("InvalidSchedule", "The schedule %s is invalid.", schedule)
	}
	// The stricter reading: AWS's documents speak of cron expressions alone.
	if flag(in, "applyOnlyAtCronInterval") && !strings.HasPrefix(schedule, "cron(") {
		return refuse("ValidationException", "ApplyOnlyAtCronInterval needs a cron expression")
	}
	parameters := map[string]string{}
	if chosen, ok := in["parameters"].(values); ok {
		for name, value := range chosen {
			parameters[name] = fmt.Sprint(value)
		}
	}
	if problem := parametersProblem(document, parameters); known && problem != "" {
		return refuse("InvalidParameters", "%s", problem)
	}
	return nil
}

const documentToken = "aws:ssm/document:Document"
