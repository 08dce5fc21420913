package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSSMAssociation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{
		"name": "AWS-UpdateSSMAgent", "associationName": "dev", "scheduleExpression": "cron(0 2 ? * SUN *)",
		"applyOnlyAtCronInterval": true, "parameters": values{"allowDowngrade": "false"},
		"targets": []any{values{"key": "InstanceIds", "values": []any{"i-0123456789abcdef0"}}},
		"tags":    values{"Name": "n"},
	}
	association := w.create(ssmAssociationToken, "a", in)
	id := string(association.id)
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, id)
	want := clone(in)
	want["associationId"], want["documentVersion"], want["tagsAll"] = id, "$DEFAULT", values{"Name": "n"}
	want["arn"] = "arn:aws:ssm:ap-northeast-1:123456789012:association/" + id
	require.Equal(t, want, association.state())
	w.requireNoDiff(association, in)
	require.Equal(t, "updating SSM Association ("+id+"): operation error SSM: UpdateAssociation, https response error "+
		"StatusCode: 400, InvalidSchedule: The schedule is invalid. Verify your cron or rate expression and try again.",
		awsError(t, w.tryUpdate(association, values{
			"name": "AWS-UpdateSSMAgent", "targets": in["targets"], "scheduleExpression": "weekly",
		})))
	w.delete(association)
	require.False(t, w.read(association))
	require.Empty(t, w.cloud.Objects)
}

func TestSSMAssociation_diff(t *testing.T) {
	t.Parallel()
	targets := func(ids ...string) []any { return []any{values{"key": "InstanceIds", "values": toList(ids)}} }
	testChanges(t, ssmAssociationToken, nil, values{
		"name": "AWS-UpdateSSMAgent", "targets": targets("i-00000001"), "scheduleExpression": "cron(0 2 ? * SUN *)",
	}, []inputChange{
		{"document", values{"name": "AWS-RunPatchBaseline"}, keysOf("name"), nil},
		{"instance", values{"instanceId": "i-00000001"}, keysOf("instanceId"), nil},
		{"targets", values{"targets": targets("i-00000002")}, nil, []string{"targets"}},
		{"schedule", values{"scheduleExpression": "rate(7 days)"}, nil, []string{"scheduleExpression"}},
		{"applyOnlyAtCronInterval", values{"applyOnlyAtCronInterval": true}, nil, []string{"applyOnlyAtCronInterval"}},
		{"name", values{"associationName": "abc"}, nil, []string{"associationName"}},
		{"parameters", values{"parameters": values{"version": "1"}}, nil, []string{"parameters"}},
		{"severity", values{"complianceSeverity": "HIGH"}, nil, []string{"complianceSeverity"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
		{"no schedule", values{"scheduleExpression": nil}, nil, []string{"scheduleExpression"}},
	})
}

func TestSSMAssociation_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		in   values
		want string
	}{
		{values{"scheduleExpression": strings.Repeat("s", 257)}, "expected length of schedule_expression to be in the range " +
			"(1 - 256), got " + strings.Repeat("s", 257) + ". Examine values at 'x.scheduleExpression'."},
		{values{"associationName": "a b c"}, "invalid value for association_name (must contain only alphanumeric, underscore, " +
			"hyphen, or period characters). Examine values at 'x.associationName'."},
		{values{"complianceSeverity": "GRAVE"}, `expected compliance_severity to be one of ["UNSPECIFIED" "LOW" "MEDIUM" "HIGH" ` +
			`"CRITICAL"], got GRAVE. Examine values at 'x.complianceSeverity'.`},
		{values{"documentVersion": "0"}, `expected value of document_version to match regular expression ` +
			`"^([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)$", got 0. Examine values at 'x.documentVersion'.`},
		{values{"maxErrors": "101%"}, "invalid value for max_errors (must be a valid number (e.g. 10) or percentage including the " +
			"percent sign (e.g. 10%)). Examine values at 'x.maxErrors'."},
		{values{"outputLocation": values{"s3KeyPrefix": "p"}}, `Missing required argument. The argument "s3_bucket_name" is ` +
			"required, but no definition was found.. Examine values at 'x.outputLocation.s3BucketName'."},
	} {
		require.Equal(t, []string{test.want}, w.checkFailures(ssmAssociationToken, "x", test.in))
	}
}

func TestSSMAssociation_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	targets := []any{values{"key": "tag:Name", "values": []any{"n"}}}
	w.create(documentToken, "d", values{"name": "session", "documentType": "Session", "content": sessionDocument("")})
	w.create(documentToken, "d", values{
		"name": "own", "documentType": "Command",
		"content": `{"schemaVersion":"2.2","parameters":{"path":{"type":"String"}},"mainSteps":[]}`,
	})
	for _, test := range []struct {
		name string
		in   values
		want string
	}{
		{
			"a document that does not exist",
			values{"name": "none", "targets": targets},
			"InvalidDocument: Document with name none does not exist.",
		},
		{
			"a session document",
			values{"name": "session", "targets": targets},
			"InvalidDocument: Document type Session is not supported",
		},
		{
			"no targets",
			values{"name": "AWS-UpdateSSMAgent"},
			"InvalidTarget: Instance ID or targets must be specified",
		},
		{
			"targets of an unknown kind",
			values{"name": "AWS-UpdateSSMAgent", "targets": []any{values{"key": "Name", "values": []any{"n"}}}},
			"InvalidTarget: Unsupported Target Type",
		},
		{
			"a target that is not an instance",
			values{"name": "AWS-UpdateSSMAgent", "targets": []any{values{"key": "InstanceIds", "values": []any{"web"}}}},
			"InvalidTarget: Unsupported Target Type",
		},
		{
			"a missing parameter",
			values{"name": "AWS-RunPatchBaseline", "targets": targets},
			`InvalidParameters: Parameter "Operation" requires a value.`,
		},
		{
			"an own document's parameter left out",
			values{"name": "own", "targets": targets},
			`InvalidParameters: Parameter "path" requires a value.`,
		},
		{
			"no schedule",
			values{"name": "AWS-UpdateSSMAgent", "targets": targets, "scheduleExpression": "rate(1 minute)"},
			"InvalidSchedule: The schedule is invalid. Verify your cron or rate expression and try again.",
		},
		{
			"applyOnlyAtCronInterval with a rate",
			values{
				"name": "AWS-UpdateSSMAgent", "targets": targets, "scheduleExpression": "rate(7 days)",
				"applyOnlyAtCronInterval": true,
			},
			"ValidationException: ApplyOnlyAtCronInterval needs a cron expression.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, "creating SSM Association ("+str(test.in, "name")+"): operation error SSM: CreateAssociation, https "+
				"response error StatusCode: 400, "+test.want, w.createError(ssmAssociationToken, "x", test.in))
		})
	}

	// An association of a document with an instance is unique, and the document cannot be deleted.
	in := values{"name": "own", "instanceId": "i-00000001", "parameters": values{"path": "/"}}
	bound := w.create(ssmAssociationToken, "b", in)
	w.requireNoDiff(bound, in)
	require.Contains(t, w.createError(ssmAssociationToken, "x", in), ", AssociationAlreadyExists: ")
	document := &testResource{urn: testURN(documentToken, "d"), id: "own"}
	require.Equal(t, "deleting SSM Document (own): operation error SSM: DeleteDocument, https response error StatusCode: 400, "+
		"AssociatedInstances: You must disassociate a document from all instances before you can delete it.",
		awsError(t, w.tryDelete(document)))
	w.delete(bound)
	w.delete(document)
}

func TestSSMDocument(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"documentType": "Session", "content": sessionDocument(""), "tags": values{"Name": "n"}}
	document := w.create(documentToken, "dev-session", in)
	require.Equal(t, "dev-session-0102030", string(document.id))
	out := document.state()
	require.Regexp(t, `^[0-9a-f]{64}$`, out["hash"])
	first := out["hash"]
	delete(out, "hash")
	require.Equal(t, values{
		"name": "dev-session-0102030", "documentType": "Session", "documentFormat": "JSON", "content": sessionDocument(""),
		"arn": "arn:aws:ssm:ap-northeast-1:123456789012:document/dev-session-0102030", "createdDate": createdAt,
		"defaultVersion": "1", "documentVersion": "1", "latestVersion": "1", "schemaVersion": "1.0", "hashType": "Sha256",
		"owner": "123456789012", "status": "Active", "platformTypes": []any{"Linux", "MacOS", "Windows"}, "parameters": []any{},
		"description": "d", "tags": values{"Name": "n"}, "tagsAll": values{"Name": "n"},
	}, out)
	w.requireNoDiff(document, in)

	// A change of the content creates a version, unless the content is equivalent.
	in["content"] = strings.Replace(sessionDocument(""), `"d"`, ` "d"`, 1)
	w.requireNoDiff(document, in)
	in["content"] = sessionDocument(`,"idleSessionTimeout":"30"`)
	require.Equal(t, []string{"content"}, diffPaths(w.diff(document, in)))
	w.update(document, in)
	require.Equal(t, "2", document.state()["latestVersion"])
	require.Equal(t, "2", document.state()["defaultVersion"])
	require.NotEqual(t, first, document.state()["hash"])
	w.requireNoDiff(document, in)

	// In a preview, the outputs that depend on the content are unknown.
	in["content"] = sessionDocument("")
	foreseen := w.previewUpdate(document, in)
	for _, output := range []string{"defaultVersion", "documentVersion", "hash", "latestVersion", "parameters"} {
		require.Equal(t, unknown{}, foreseen[output], output)
	}
	require.Equal(t, "1.0", foreseen["schemaVersion"])

	// The type cannot be changed, so the difference remains.
	in["documentType"] = "Command"
	w.update(document, in)
	require.Equal(t, "Session", document.state()["documentType"])
	require.Equal(t, []string{"documentType"}, diffPaths(w.diff(document, in)))

	w.delete(document)
	require.Empty(t, w.cloud.Objects)
}

func TestSSMDocument_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, documentToken, nil, values{"name": "doc", "documentType": "Session", "content": sessionDocument("")}, []inputChange{
		{"name", values{"name": "other"}, keysOf("name"), nil},
		{"content", values{"content": sessionDocument(`,"idleSessionTimeout":"30"`)}, nil, []string{"content"}},
		{"version's name", values{"versionName": "one"}, nil, []string{"versionName"}},
		{"target", values{"targetType": "/AWS::EC2::Instance"}, nil, []string{"targetType"}},
		{"shares", values{"permissions": values{"type": "Share", "account_ids": "210987654321"}}, nil, []string{"permissions"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

func TestSSMDocument_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		in   values
		want []string
	}{
		{values{}, []string{"Missing required property 'content'", "Missing required property 'documentType'"}},
		{values{"content": "c", "documentType": "Session", "name": "a b c"}, []string{
			"invalid value for name (must contain only alphanumeric, underscore, hyphen, or period characters). " +
				"Examine values at 'x.name'.",
		}},
		{values{"content": "c", "documentType": "Session", "name": "ab"}, []string{
			"expected length of name to be in the range (3 - 128), got ab. Examine values at 'x.name'.",
		}},
		{values{"content": "c", "documentType": "Session", "documentFormat": "XML"}, []string{
			`expected document_format to be one of ["YAML" "JSON" "TEXT"], got XML. Examine values at 'x.documentFormat'.`,
		}},
	} {
		require.Equal(t, test.want, w.checkFailures(documentToken, "x", test.in))
	}
}

func TestSSMDocument_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := func(name string) values {
		return values{"name": name, "documentType": "Session", "content": sessionDocument("")}
	}
	document := w.create(documentToken, "d", in("doc"))
	creating := func(name string) string {
		return "creating SSM Document (" + name + "): operation error SSM: CreateDocument, https response error StatusCode: 400, "
	}
	require.Equal(t, creating("doc")+"DocumentAlreadyExists: Document with same name doc already exists",
		w.createError(documentToken, "x", in("doc")))
	for _, reserved := range []string{"AWS-Shell", "amazon-shell", "Amzn.shell"} {
		require.Equal(t, creating(reserved)+"ValidationException: Invalid document name "+reserved,
			w.createError(documentToken, "x", in(reserved)))
	}
	w.create(documentToken, "p", in("SSM-SessionManagerRunShell"))
	bad := in("bad")
	bad["content"] = "{"
	require.Equal(t, creating("bad")+"InvalidDocumentContent: JSON not well-formed. at Line: 1, Column: 1",
		w.createError(documentToken, "x", bad))
	bad = in("doc")
	bad["content"] = strings.Replace(sessionDocument(""), "1.0", "2.0", 1)
	require.Equal(t, "updating SSM Document (doc): operation error SSM: UpdateDocument, https response error StatusCode: 400, "+
		"InvalidDocumentSchemaVersion: 2.0 is not a valid schema version for Session document type",
		awsError(t, w.tryUpdate(document, bad)))

	for problem, permissions := range map[string]values{
		`"permissions": "type" must be defined`:        {"account_ids": "1"},
		`"permissions": only Share "type" supported`:   {"type": "Give", "account_ids": "1"},
		`"permissions": "account_ids" must be defined`: {"type": "Share"},
	} {
		shared := in("shared")
		shared["permissions"] = permissions
		require.Equal(t, problem, w.createError(documentToken, "x", shared))
		shared["name"] = "doc"
		_, err := w.tryDiff(document, shared)
		require.Equal(t, "diffing "+string(document.urn)+": 1 error occurred:\n\t* "+problem+"\n\n", err.Error())
	}
}
