package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"fmt"
	"regexp"
	"strings"
)

const logGroupToken = "aws:cloudwatch/logGroup:LogGroup"

var logGroupForm = regexp.MustCompile(`^[0-9A-Za-z_./#-]+$`)

func init() {
	register(&resourceType{
		token: logGroupToken,
		inputs: map[string]attribute{
			"name":       {replace: true, computed: true, check: logGroupName(512)},
			"namePrefix": {replace: true, check: logGroupName(483)},
			"retentionInDays": {fallback: 0.0, check: oneNumberOf(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
				1096, 1827, 2192, 2557, 2922, 3288, 3653)},
			"kmsKeyId":      {check: arnText},
			"logGroupClass": {replace: true, computed: true, check: oneOf("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")},
			"skipDestroy":   {fallback: false},
		},
		outputs: []string{"arn"}, taggable: true, conflicts: [][]string{{"name", "namePrefix"}},
		name:   &autoname{attribute: "name", unless: "namePrefix", longest: 255},
		create: createLogGroup, update: updateLogGroup, remove: removeLogGroup,
		gone: func(c *call, name string) error {
			return c.logs("updating CloudWatch Logs Log Group ("+name+")", "PutRetentionPolicy", "ResourceNotFoundException",
				"The specified log group does not exist.")
		},
	})
}

func logGroupName(longest int) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		name, _ := value.(string)
		if len(name) > longest {
			reasons = append(reasons, fmt.Sprintf("%q cannot be longer than %d characters: %q", path, longest, name))
		}
		if !logGroupForm.MatchString(name) {
			reasons = append(reasons, fmt.Sprintf("%q isn't a valid log group name (alphanumeric characters, underscores, hyphens, "+
				"slashes, hash signs and dots are allowed): %q", path, name))
		}
		return reasons
	}
}

func (c *call) logs(prefix, operation, code, format string, args ...any) error {
	return c.refuse(prefix, "CloudWatch Logs", operation, 400, code, format, args...)
}

func createLogGroup(c *call, in values) (string, values, error) {
	name := c.fillName(in, "name", "namePrefix")
	prefix := "creating CloudWatch Logs Log Group (" + name + ")"
	if strings.HasPrefix(strings.ToLower(name), "aws/") {
		return "", nil, c.logs(prefix, "CreateLogGroup", "InvalidParameterException",
			"Log groups starting with AWS/ are reserved for AWS.")
	}
	if err := c.checkLogKey(prefix, "CreateLogGroup", name, text(in, "kmsKeyId")); err != nil {
		return "", nil, err
	}
	if c.get(logGroupToken, name) != nil {
		return "", nil, c.logs(prefix, "CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	in["arn"] = c.arn("logs", "log-group:"+name)
	if !given(in, "logGroupClass") {
		in["logGroupClass"] = "STANDARD"
	}
	c.put(logGroupToken, name, in)
	err := c.step()
	if err != nil {
		in["retentionInDays"] = 0.0 // it is set once the group is there
	}
	return name, in, partly(err)
}

// logActions are what CloudWatch Logs does with a key.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
var logActions = []string{
	"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
	"kms:ReEncryptFrom", "kms:ReEncryptTo",
}

// checkLogKey refuses a key that is not there, that is disabled, or that does not let CloudWatch Logs use it for the group.
func (c *call) checkLogKey(prefix, operation, name, keyARN string) error {
	if keyARN == "" {
		return nil
	}
	arn, service := c.arn("logs", "log-group:"+name), "logs."+c.region+"."+c.dnsSuffix
	usable := false
	if k := c.keyOf(keyARN); k != nil {
		usable = flag(k.State, "isEnabled") && text(k.State, "customerMasterKeySpec") == symmetric
		for _, action := range logActions {
			usable = usable && iampolicy.AllowsService(text(k.State, "policy"), service, action, map[string]string{
				"kms:EncryptionContext:aws:logs:arn": arn, "aws:SourceArn": arn, "aws:SourceAccount": c.account(),
			})
		}
	}
	if usable {
		return nil
	}
	return c.logs(prefix, operation, "InvalidParameterException",
		"The specified KMS key does not exist or is not allowed to be used with LogGroup '%s'", arn)
}

func updateLogGroup(c *call, name string, old, in values) (values, error) {
	if keyARN := text(in, "kmsKeyId"); keyARN != text(old, "kmsKeyId") {
		if err := c.checkLogKey("updating CloudWatch Logs Log Group ("+name+")", "AssociateKmsKey", name, keyARN); err != nil {
			return nil, err
		}
	}
	return c.settle(old, in), nil
}

// removeLogGroup keeps a group that is to be kept: it only leaves the stack.
func removeLogGroup(c *call, name string, state values) error {
	if !flag(state, "skipDestroy") {
		c.drop(c.get(logGroupToken, name))
	}
	return nil
}
