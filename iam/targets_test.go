package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func TestParseTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Tag{
		"team=db": {"team", "db"}, "a=b=c": {"a", "b=c"}, "Cost Center=1/2": {"Cost Center", "1/2"}, "x:y=+._:/@-": {"x:y", "+._:/@-"},
		strings.Repeat("k", 128) + "=" + strings.Repeat("v", 256): {strings.Repeat("k", 128), strings.Repeat("v", 256)},
	} {
		tag, err := ParseTag(text)
		require.NoError(t, err)
		require.Equal(t, want, tag)
		require.Equal(t, text, tag.String())
	}
	for _, text := range []string{
		"", "team", "team=", "=db", "team=d*", "te?m=db", "team=${aws:username}", "チーム=db", " team=db", "team=db ", "aws:x=y", "AWS:x=y", "a=b\n",
		strings.Repeat("k", 129) + "=v", "k=" + strings.Repeat("v", 257),
	} {
		_, err := ParseTag(text)
		require.ErrorContains(t, err, fmt.Sprintf("%q", text))
	}
}

func TestSessionRoleOptions_targets(t *testing.T) {
	t.Parallel()
	ids := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("i-%017x", i)
		}
		return all
	}
	tags := make([]Tag, 6)
	for i := range tags {
		tags[i] = Tag{fmt.Sprintf("k%d", i), "v"}
	}
	for name, test := range map[string]struct {
		options SessionRoleOptions
		want    []diagtest.Want
	}{
		"the most":   {SessionRoleOptions{TargetInstanceIDs: ids(50), TargetTags: tags[:5], LoginUser: "ubuntu"}, nil},
		"old IDs":    {SessionRoleOptions{TargetInstanceIDs: []string{"i-0123abcd"}}, nil},
		"too many":   {SessionRoleOptions{TargetInstanceIDs: ids(51)}, []diagtest.Want{diagtest.Problem("targetInstanceIds", diag.TooMany, "51", "50")}},
		"not an ID":  {SessionRoleOptions{TargetInstanceIDs: []string{"web-1"}}, []diagtest.Want{diagtest.Problem("targetInstanceIds", diag.Malformed, `"web-1"`)}},
		"many tags":  {SessionRoleOptions{TargetTags: tags}, []diagtest.Want{diagtest.Problem("targetTags", diag.TooMany, "6", "5")}},
		"same key":   {SessionRoleOptions{TargetTags: []Tag{{"Team", "a"}, {"team", "b"}}}, []diagtest.Want{diagtest.Problem("targetTags", diag.Duplicate, "Team=a", "team=b")}},
		"root":       {SessionRoleOptions{LoginUser: "root"}, []diagtest.Want{diagtest.Problem("loginUser", diag.OutOfRange, "root")}},
		"not a user": {SessionRoleOptions{LoginUser: "a b"}, []diagtest.Want{diagtest.Problem("loginUser", diag.Malformed, `"a b"`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, test.options.Validate())
		})
	}
}

// tagged returns a policy for instances by tags.
func tagged(documents []Document, tags ...Tag) SessionRoleArgs {
	return SessionRoleArgs{
		SessionRoleOptions: SessionRoleOptions{Documents: documents, Targets: TargetsTagged, TargetTags: tags, LoginUser: "ubuntu"},
		Env:                tokyo, PushKey: true,
	}
}

// The conditions on tags apply to instances, and not to documents.
func TestSessionPolicy_tagged(t *testing.T) {
	t.Parallel()
	const instances = "arn:aws:ec2:ap-northeast-1:123456789012:instance/*"
	args := tagged([]Document{Shell, SSH}, Tag{"team", "db"}, Tag{"env", "prod"})
	requireJSON(t, `{"Sid":"StartSession","Effect":"Allow","Action":["ssm:StartSession"],"Resource":["`+instances+`"],`+
		`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]},`+
		`"StringEquals":{"ssm:resourceTag/env":["prod"],"ssm:resourceTag/team":["db"]}}},`+
		`{"Sid":"SessionDocuments","Effect":"Allow","Action":["ssm:StartSession"],"Resource":["arn:aws:ssm:ap-northeast-1:123456789012:document/audit-1",`+
		`"arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession"],"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]}}}`+
		fixed("arn:aws:ssm:ap-northeast-1:123456789012:session/*")+
		`,{"Sid":"PushKey","Effect":"Allow","Action":["ec2-instance-connect:SendSSHPublicKey"],"Resource":["`+instances+`"],`+
		`"Condition":{"StringEquals":{"aws:ResourceTag/env":["prod"],"aws:ResourceTag/team":["db"],"ec2:osuser":["ubuntu"]}}}`,
		args.sessionPolicy(nil, "audit-1", ""))
	// The size of the policy does not depend on the number of instances.
	require.Equal(t, args.sessionPolicy(nil, "", ""), args.sessionPolicy(make([]string, 1000), "", ""))
}

// The longest tags fit into the policy.
func TestSessionPolicy_longestTags(t *testing.T) {
	t.Parallel()
	var tags []Tag
	for i := range maxTargetTags {
		tags = append(tags, Tag{strings.Repeat(fmt.Sprint(i), 128), strings.Repeat("v", 256)})
	}
	args := tagged(Documents(), tags...)
	args.LoginUser = strings.Repeat("u", 32)
	text, err := args.sessionPolicy(nil, strings.Repeat("d", 128), "arn:aws:kms:ap-northeast-1:123456789012:key/"+strings.Repeat("k", 36)).JSON()
	require.NoError(t, err)
	require.LessOrEqual(t, len(text), 10240)
}
