package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const page = "../../docs/capture.md"

// table returns the calls as a Markdown table.
func table() string {
	var text strings.Builder
	text.WriteString("| Section | Call | Permission | What the file keeps |\n|---|---|---|---|\n")
	for _, call := range Calls() {
		section, permission := "`"+call.Section+"`", "`"+call.Permission+"`"
		if call.Section == "" {
			section = ""
		}
		if call.Permission == "" {
			permission = "none"
		}
		fmt.Fprintf(&text, "| %s | `%s` | %s | %s |\n", section, call.Command, permission, call.Keeps)
	}
	return text.String()
}

// policy returns an IAM policy that allows the calls and nothing else.
func policy(t *testing.T) string {
	t.Helper()
	type statement struct {
		Sid, Effect string
		Action      []string
		Resource    string
	}
	statements := []statement{{"Read", "Allow", nil, "*"}}
	for _, call := range Calls() {
		switch {
		case call.Permission == "":
		case call.Resource == "":
			statements[0].Action = append(statements[0].Action, call.Permission)
		default:
			statements = append(statements, statement{"ReadPublicParameters", "Allow", []string{call.Permission}, call.Resource})
		}
	}
	slices.Sort(statements[0].Action)
	statements[0].Action = slices.Compact(statements[0].Action)
	encoded, err := json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}, "", "  ")
	require.NoError(t, err)
	return string(encoded) + "\n"
}

// The page lists the calls and has the policy. -update writes them.
func TestPage(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	text := replaceBetween(t, string(written), "capture -update -->\n", "<!-- end -->", table())
	text = replaceBetween(t, text, "```json\n", "```\n", policy(t))
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(text), 0o600))
		return
	}
	require.Equal(t, text, string(written), "run: go test -trimpath ./rehearsal/capture -update")
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, []byte(policy(t))))
	require.LessOrEqual(t, compact.Len(), 2048, "the limit of AWS for inline policies of users")
}

// replaceBetween replaces the text between the first begin and the next end.
func replaceBetween(t *testing.T, text, begin, end, replacement string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, begin)
	require.True(t, ok, begin)
	i := strings.Index(rest, end)
	require.GreaterOrEqual(t, i, 0, end)
	return before + begin + replacement + rest[i:]
}

// AWS names most permissions like the operation. These are the exceptions.
func TestCalls_permissions(t *testing.T) {
	t.Parallel()
	exceptions := map[string]string{
		"sts get-caller-identity":                        "",
		"s3api list-buckets":                             "s3:ListAllMyBuckets",
		"service-quotas list-aws-default-service-quotas": "servicequotas:ListAWSDefaultServiceQuotas",
	}
	for _, call := range Calls() {
		service, operation, _ := strings.Cut(call.Command, " ")
		expected := strings.ReplaceAll(service, "-", "") + ":"
		for word := range strings.SplitSeq(operation, "-") {
			expected += strings.ToUpper(word[:1]) + word[1:]
		}
		if exception, ok := exceptions[call.Command]; ok {
			expected = exception
		}
		require.Equal(t, expected, call.Permission)
	}
}
