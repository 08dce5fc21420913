package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sessionDocument returns a valid session document with additional inputs.
func sessionDocument(extra string) string {
	return `{"schemaVersion":"1.0","description":"d","sessionType":"Standard_Stream","inputs":{` +
		`"s3BucketName":"","s3KeyPrefix":"","s3EncryptionEnabled":true,"cloudWatchLogGroupName":"/g",` +
		`"cloudWatchEncryptionEnabled":true,"cloudWatchStreamingEnabled":true,"kmsKeyId":"","runAsEnabled":false,` +
		`"runAsDefaultUser":""` + extra + `}}`
}

func TestValidateDocument(t *testing.T) {
	t.Parallel()
	session := sessionDocument("")
	for _, test := range []struct{ name, kind, format, content, code, message string }{
		{"session", "Session", "JSON", session, "", ""},
		{
			"session with the optional inputs", "Session", "JSON",
			sessionDocument(`,"idleSessionTimeout":"20","maxSessionDuration":"1440","shellProfile":{"linux":"bash"}`), "", "",
		},
		{"port session", "Session", "JSON", `{"schemaVersion":"1.0","sessionType":"Port"}`, "", ""},
		{"text", "Command", "TEXT", "anything", "", ""},
		{
			"not JSON", "Session", "JSON", `{"a":x}`, "InvalidDocumentContent",
			"JSON not well-formed. at Line: 1, Column: 6",
		},
		{
			"not JSON, on another line", "Session", "JSON", "{\n  \"a\": x}", "InvalidDocumentContent",
			"JSON not well-formed. at Line: 2, Column: 8",
		},
		{
			"a duplicate key", "Session", "JSON", `{"a":[{"b":1,"c":{"b":2}},{"b":1,"b":2}]}`, "InvalidDocumentContent",
			`JSON not well-formed. duplicate key "b"`,
		},
		{
			"not an object", "Session", "JSON", `["a"]`, "InvalidDocumentContent",
			`[message: "object has missing required properties ([\"schemaVersion\"])" - parent node: /]`,
		},
		{
			"too long", "Session", "JSON", strings.Repeat(" ", 65537), "MaxDocumentSizeExceeded",
			"The size limit of a document is 64 KB.",
		},
		{
			"no schema version", "Session", "JSON", `{}`, "InvalidDocumentContent",
			`[message: "object has missing required properties ([\"schemaVersion\"])" - parent node: /]`,
		},
		{
			"another schema version", "Session", "JSON", strings.Replace(session, "1.0", "2.0", 1),
			"InvalidDocumentSchemaVersion", "2.0 is not a valid schema version for Session document type",
		},
		{
			"no session type", "Session", "JSON", `{"schemaVersion":"1.0"}`, "InvalidDocumentContent",
			`[message: "object has missing required properties ([\"sessionType\"])" - parent node: /]`,
		},
		{
			"another session type", "Session", "JSON", `{"schemaVersion":"1.0","sessionType":"Shell"}`,
			"InvalidDocumentContent", `[message: "instance value (\"Shell\") not found in enum (possible values: ` +
				`[\"Standard_Stream\",\"InteractiveCommands\",\"NonInteractiveCommands\",\"Port\"])" ` +
				`- parent node: /sessionType]`,
		},
		{
			"no inputs", "Session", "JSON", `{"schemaVersion":"1.0","sessionType":"Standard_Stream"}`,
			"InvalidDocumentContent",
			`[message: "object has missing required properties ([\"inputs\"])" - parent node: /]`,
		},
		{
			"inputs missing", "Session", "JSON",
			strings.NewReplacer(`"s3KeyPrefix":"",`, "", `"kmsKeyId":"",`, "").Replace(session), "InvalidDocumentContent",
			`[message: "object has missing required properties ([\"kmsKeyId\",\"s3KeyPrefix\"])" - parent node: /inputs]`,
		},
		{
			"minutes as a number", "Session", "JSON", sessionDocument(`,"idleSessionTimeout":20`),
			"InvalidDocumentContent", `[message: "instance type (integer) does not match any allowed primitive type ` +
				`(allowed: [\"string\"])" - parent node: /inputs/idleSessionTimeout]`,
		},
		{
			"a shell profile for macOS", "Session", "JSON", sessionDocument(`,"shellProfile":{"macos":"zsh"}`), "InvalidDocumentContent",
			`[message: "object instance has properties which are not allowed by the schema: [\"macos\"]" - parent node: /inputs/shellProfile]`,
		},
		{
			"a shell profile that is a list", "Session", "JSON", sessionDocument(`,"shellProfile":{"linux":["bash"]}`), "InvalidDocumentContent",
			`[message: "instance type (array) does not match any allowed primitive type (allowed: [\"string\"])" ` +
				`- parent node: /inputs/shellProfile/linux]`,
		},
		{
			"61 idle minutes", "Session", "JSON", sessionDocument(`,"idleSessionTimeout":"61"`),
			"InvalidDocumentContent", `[message: "ECMA 262 regex \"^([1-9]|[1-5][0-9]|60)?$\" does not match input ` +
				`string \"61\"" - parent node: /inputs/idleSessionTimeout]`,
		},
		{
			"1441 minutes", "Session", "JSON", sessionDocument(`,"maxSessionDuration":"1441"`),
			"InvalidDocumentContent", `[message: "ECMA 262 regex \"^([1-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9]` +
				`|1440)?$\" does not match input string \"1441\"" - parent node: /inputs/maxSessionDuration]`,
		},
		{
			"an unknown input", "Session", "JSON", sessionDocument(`,"idleTimeout":"20"`), "InvalidDocumentContent",
			`[message: "object instance has properties which are not allowed by the schema: [\"idleTimeout\"]" ` +
				`- parent node: /inputs]`,
		},
		{
			"a command without steps", "Command", "JSON", `{"schemaVersion":"2.2"}`, "InvalidDocumentContent",
			`[message: "object has missing required properties ([\"mainSteps\"])" - parent node: /]`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, message := validateDocument(test.kind, test.format, test.content)
			require.Equal(t, test.code, code)
			require.Equal(t, test.message, message)
		})
	}
}

func TestValidSchedule(t *testing.T) {
	t.Parallel()
	for expression, valid := range map[string]bool{
		"cron(0 2 ? * SUN *)":       true,
		"cron(0/30 * * * ? *)":      true,
		"cron(0 0/4 * * ? *)":       true,
		"cron(15 13 ? * 3#3 *)":     true,
		"cron(15 23 ? * MON-FRI *)": true,
		"rate(30 minutes)":          true,
		"rate(1 day)":               true,
		"rate(14 days)":             true,
		"at(2030-01-01T00:00:00)":   true,
		"rate(1 days)":              false,
		"rate(2 day)":               false,
		"rate(29 minutes)":          false,
		"rate(0 days)":              false,
		"rate(1 week)":              false,
		"cron(0 2 * * SUN)":         false,
		"cron(0 24 ? * SUN *)":      false,
		"cron(60 2 ? * SUN *)":      false,
		"cron(0 2 ? 1 SUN *)":       false,
		"cron(0 2 1 * ? *)":         false,
		"0 2 ? * SUN *":             false,
		"":                          false,
	} {
		require.Equal(t, valid, validSchedule(expression), expression)
	}
}

func TestCheckParameters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		document   string
		parameters map[string]string
		want       string
	}{
		{"AWS-UpdateSSMAgent", nil, ""},
		{"AWS-UpdateSSMAgent", map[string]string{"allowDowngrade": "false"}, ""},
		{"AWS-UpdateSSMAgent", map[string]string{"versions": ""}, `Parameter "versions" is not defined in the document.`},
		{"AWS-RunPatchBaseline", nil, `Parameter "Operation" requires a value.`},
		{"AWS-RunPatchBaseline", map[string]string{"Operation": "Scan"}, ""},
	} {
		require.Equal(t, test.want, checkParameters(awsDocuments[test.document], test.parameters))
	}
}
