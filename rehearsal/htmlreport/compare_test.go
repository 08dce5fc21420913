package htmlreport_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/htmlreport"
	"bastionless/rehearsal/report"
)

// markdownOf returns the short form of a report.
func markdownOf(t *testing.T, in htmlreport.Input) string {
	t.Helper()
	r, err := htmlreport.New(in)
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, r.WriteMarkdown(&text))
	return text.String()
}

// Two deployments of the same stack have other IDs, and do not differ.
func TestCompare_same(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"article", "dev", "prod"} {
		text := markdownOf(t, htmlreport.Input{State: deployed(t, stack, nil), Earlier: deployed(t, stack, nil), EarlierName: "main"})
		require.True(t, strings.HasSuffix(text, "\n### Compared with `main`\n\nNothing differs.\n"), text)
	}
}

func TestCompare_changes(t *testing.T) {
	t.Parallel()
	text := markdownOf(t, htmlreport.Input{
		State: deployed(t, "dev", map[string]string{
			"forwardTo": `["10.0.32.0/24:5432"]`, "terminationProtection": "true", "sessionPrincipals": `["arn:aws:iam::123456789012:role/ci"]`,
			"sessionDocuments": `["shell"]`, "requireMfa": "false",
		}),
		Earlier: deployed(t, "dev", nil), EarlierName: "base.json",
	})
	require.Equal(t, "## ✅ `dev`\n\nAll checks passed: 9 required claims are proven.\n\n### Compared with `base.json`\n\n"+`**Claims**

- ⚠️ session.mfa (session-role) was proven, and is now undecided: sessions of roles that are not in the state may assume Role "session-role" (statement 1 of the trust policy of Role "session-role" depends on its principal arn:aws:iam::123456789012:role/ci): whether these roles require MFA is not in the state
- ✅ protected (instances-a-1) was refuted, and is now proven

**People and their access**

- 🔓 gains access: IAM role ci may assume session role
- 🔒 loses access: session role opens ssh
- 🔒 loses access: users of this account may assume session role, with MFA
- ✅ session-role: sessions of the role: ssm:StartSession on the instances of the state in ap-northeast-1, with AWS-StartSSHSession was allowed, and is now denied
- ✅ session-role: sessions of the role: ec2-instance-connect:SendSSHPublicKey on instance a-1, as ec2-user was allowed, and is now denied

**Connections and ports**

- 🔓 opens: instances in app-a may connect to 10.0.32.0/24: tcp 5432

**Resources**

- changed: Instance instances-a-1: disableApiTermination from "no" to "yes"
- changed: Role session-role: assumeRolePolicy
- changed: RolePolicy session-role: policy
- added: SecurityGroupEgressRule security-egress-10.0.32.0-24-5432
`, strings.ReplaceAll(text, `\`, ""))
}

// Markdown and HTML in names have no effect.
func TestMarkdown_hostileNames(t *testing.T) {
	t.Parallel()
	text := markdownOf(t, htmlreport.Input{State: hostile(t), Earlier: deployed(t, "dev", nil), EarlierName: "`b"})
	require.NotContains(t, text, "<")
	require.Contains(t, text, `&lt;script&gt;`)
	require.Contains(t, text, "### Compared with `'b`")
	require.NotContains(t, text, "\u202e")
}

// GitHub makes links of addresses in Markdown, unless they are escaped.
func TestMarkdown_links(t *testing.T) {
	t.Parallel()
	state := replaced(t, deployed(t, "dev", nil), "instances-a-1", `[a](https://e.example) www.e.example $x$ @team`)
	text := markdownOf(t, htmlreport.Input{State: state, Earlier: deployed(t, "dev", nil), EarlierName: "dev.json"})
	require.Contains(t, text, `\[a\](https\://e.example) www\.e.example \$x\$ &#64;team`)
	require.NotContains(t, text, "https://")
}

// The verdict names the first failure, and says how many there are.
func TestMarkdown_failures(t *testing.T) {
	t.Parallel()
	for want, changed := range map[string][]string{
		"1 check failed: left in the account: a VPC.": nil, "2 checks failed. The first: left in the account: a VPC.": {"a route"},
	} {
		result := &report.Report{Stack: "dev", Left: []string{"a VPC"}, Changed: changed}
		result.Conclude()
		require.Equal(t, want, strings.Split(markdownOf(t, htmlreport.Input{Result: result}), "\n")[2])
	}
}
