package awssim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

const logGroupToken = "aws:cloudwatch/logGroup:LogGroup"

var logGroupPattern = regexp.MustCompile(`^[0-9A-Za-z_./#-]+$`)

func init() {
	register(&resourceType{
		Token: logGroupToken,
		Inputs: map[string]attribute{
			"name":       {ForceNew: true, Computed: true, Validate: logGroupName(512)},
			"namePrefix": {ForceNew: true, Validate: logGroupName(483)},
			"retentionInDays": {Default: 0.0, Validate: intInSet(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
				1096, 1827, 2192, 2557, 2922, 3288, 3653)},
			"kmsKeyId":      {Validate: validateARN},
			"logGroupClass": {ForceNew: true, Computed: true, Validate: stringInSet("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")},
			"skipDestroy":   {Default: false},
		},
		Outputs: []string{"arn"}, Taggable: true, ConflictsWith: [][]string{{"name", "namePrefix"}},
		AutoName: &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 255},
		Create:   createLogGroup, Update: updateLogGroup, Delete: deleteLogGroup,
		NotFound: func(c *call, name string) error {
			return c.logsError("updating CloudWatch Logs Log Group ("+name+")", "PutRetentionPolicy", "ResourceNotFoundException",
				"The specified log group does not exist.")
		},
	})
}

func logGroupName(maxLength int) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		name, _ := value.(string)
		if len(name) > maxLength {
			reasons = append(reasons, fmt.Sprintf("%q cannot be longer than %d characters: %q", path, maxLength, name))
		}
		if !logGroupPattern.MatchString(name) {
			reasons = append(reasons, fmt.Sprintf("%q isn't a valid log group name (alphanumeric characters, underscores, hyphens, "+
				"slashes, hash signs and dots are allowed): %q", path, name))
		}
		return reasons
	}
}

// logsError returns an error of CloudWatch Logs. The status of all client errors is 400.
func (c *call) logsError(prefix, operation, code, format string, args ...any) error {
	return c.apiError(prefix, "CloudWatch Logs", operation, 400, code, format, args...)
}

func createLogGroup(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "name", "namePrefix")
	prefix := "creating CloudWatch Logs Log Group (" + name + ")"
	if strings.HasPrefix(strings.ToLower(name), "aws/") {
		return "", nil, c.logsError(prefix, "CreateLogGroup", "InvalidParameterException",
			"Log groups starting with AWS/ are reserved for AWS.")
	}
	if err := c.checkLogKey(prefix, "CreateLogGroup", name, str(in, "kmsKeyId")); err != nil {
		return "", nil, err
	}
	if file := c.file(); c.get(logGroupToken, name) != nil || file != nil && slices.Contains(file.LogGroups, name) {
		return "", nil, c.logsError(prefix, "CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	in["arn"] = c.arn("logs", "log-group:"+name)
	if !isSet(in, "logGroupClass") {
		in["logGroupClass"] = "STANDARD"
	}
	c.put(logGroupToken, name, in)
	err := c.partialFault()
	if err != nil {
		in["retentionInDays"] = 0.0 // the provider sets it after the group exists
	}
	return name, in, partial(err)
}

// logActions are the actions that CloudWatch Logs needs on a key.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
var logActions = []string{
	"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
	"kms:ReEncryptFrom", "kms:ReEncryptTo",
}

// checkLogKey returns AWS's error for a key that does not exist, is disabled, or does not allow CloudWatch
// Logs to use it for the group.
func (c *call) checkLogKey(prefix, operation, name, keyARN string) error {
	if keyARN == "" {
		return nil
	}
	arn, service := c.arn("logs", "log-group:"+name), "logs."+c.region+"."+c.dnsSuffix
	usable := false
	if k := c.keyOf(keyARN); k != nil {
		usable = boolean(k.State, "isEnabled") && str(k.State, "customerMasterKeySpec") == symmetric
		for _, action := range logActions {
			usable = usable && iampolicy.AllowsService(str(k.State, "policy"), service, action, map[string]string{
				"kms:EncryptionContext:aws:logs:arn": arn, "aws:SourceArn": arn, "aws:SourceAccount": c.account,
			})
		}
	}
	if usable {
		return nil
	}
	return c.logsError(prefix, operation, "InvalidParameterException",
		"The specified KMS key does not exist or is not allowed to be used with LogGroup '%s'", arn)
}

func updateLogGroup(c *call, name string, old, in values) (values, error) {
	if keyARN := str(in, "kmsKeyId"); keyARN != str(old, "kmsKeyId") {
		if err := c.checkLogKey("updating CloudWatch Logs Log Group ("+name+")", "AssociateKmsKey", name, keyARN); err != nil {
			return nil, err
		}
	}
	return c.applyInputs(old, in), nil
}

// deleteLogGroup keeps the group in the account if skipDestroy is true.
func deleteLogGroup(c *call, name string, state values) error {
	if !boolean(state, "skipDestroy") {
		c.remove(c.get(logGroupToken, name))
	}
	return nil
}
