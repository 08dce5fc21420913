package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const rootStatement = `{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":` +
	`{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}`

func TestKMSKey(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	plain := w.create(keyToken, "k", nil)
	id := string(plain.id)
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, id)
	require.Equal(t, values{
		"arn": "arn:aws:kms:ap-northeast-1:123456789012:key/" + id, "keyId": id, "description": "", "multiRegion": false,
		"policy": `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":` +
			`{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`,
		"bypassPolicyLockoutSafetyCheck": false, "enableKeyRotation": false, "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT",
		"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "tagsAll": values{},
	}, plain.state())
	w.requireNoDiff(plain, nil)

	in := values{
		"description": "d", "policy": policyWith(rootStatement), "enableKeyRotation": true, "deletionWindowInDays": 7.0,
		"multiRegion": true,
	}
	key := w.create(keyToken, "m", in)
	require.Regexp(t, `^mrk-[0-9a-f]{32}$`, string(key.id))
	require.Equal(t, 365.0, key.state()["rotationPeriodInDays"])
	w.requireNoDiff(key, in)
	w.delete(key)
	require.False(t, w.read(key))
	w.delete(plain)
	require.Empty(t, w.cloud.Inventory())
}

func TestKMSKey_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, keyToken, nil, values{"description": "d", "policy": policyWith(rootStatement)}, []inputChange{
		{"use", values{"keyUsage": "SIGN_VERIFY"}, keysOf("keyUsage"), nil},
		{"material", values{"customerMasterKeySpec": "RSA_2048"}, keysOf("customerMasterKeySpec"), nil},
		{"Regions", values{"multiRegion": true}, keysOf("multiRegion"), nil},
		{"description", values{"description": "e"}, nil, []string{"description"}},
		{
			"policy", values{"policy": policyWith(rootStatement + `,{"Effect":"Allow","Principal":{"AWS":"210987654321"},` +
				`"Action":"kms:Decrypt","Resource":"*"}`)}, nil, []string{"policy"},
		},
		{"rotation", values{"enableKeyRotation": true}, nil, []string{"enableKeyRotation"}},
		{"enabled", values{"isEnabled": false}, nil, []string{"isEnabled"}},
		{"window", values{"deletionWindowInDays": 7.0}, nil, []string{"deletionWindowInDays"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

func TestKMSKey_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		in   values
		want string
	}{
		{values{"deletionWindowInDays": 5.0}, "expected deletion_window_in_days to be in the range (7 - 30), got 5. Examine values " +
			"at 'x.deletionWindowInDays'."},
		{values{"rotationPeriodInDays": 30.0}, "expected rotation_period_in_days to be in the range (90 - 2560), got 30. Examine " +
			"values at 'x.rotationPeriodInDays'."},
		{values{"keyUsage": "SIGN"}, `expected key_usage to be one of ["ENCRYPT_DECRYPT" "SIGN_VERIFY" "GENERATE_VERIFY_MAC" ` +
			`"KEY_AGREEMENT"], got SIGN. Examine values at 'x.keyUsage'.`},
		{values{"policy": "[]"}, `"policy" contains an invalid JSON policy: contains a JSON array, not a JSON object. Examine ` +
			"values at 'x.policy'."},
	} {
		require.Equal(t, []string{test.want}, w.checkFailures(keyToken, "x", test.in))
	}
}

func TestKMSKey_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	const creating = "creating KMS Key: operation error KMS: CreateKey, https response error StatusCode: 400, "
	locked := policyWith(strings.Replace(rootStatement, "kms:*", "kms:Decrypt", 1))
	require.Equal(t, creating+"MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in "+
		"the future.", w.createError(keyToken, "x", values{"policy": locked}))
	w.create(keyToken, "x", values{"policy": locked, "bypassPolicyLockoutSafetyCheck": true})
	stranger := policyWith(rootStatement + "," + strings.Replace(rootStatement[strings.Index(rootStatement, `"Effect"`)-1:], "root",
		"role/gone", 1))
	stranger = strings.Replace(stranger, `,,`, `,{`, 1)
	require.Equal(t, creating+"MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.",
		w.createError(keyToken, "x", values{"policy": stranger}))
	require.Equal(t, creating+"ValidationException: KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_256",
		w.createError(keyToken, "x", values{"customerMasterKeySpec": "HMAC_256"}))
	half, message := w.partialCreateError(keyToken, "x", values{
		"customerMasterKeySpec": "RSA_2048", "enableKeyRotation": true,
	})
	require.Equal(t, "enabling KMS Key ("+string(half.id)+") rotation: operation error KMS: EnableKeyRotation, https response "+
		"error StatusCode: 400, UnsupportedOperationException: You cannot rotate a key that is not symmetric.", message)
	key := w.create(keyToken, "k", nil)
	require.Equal(t, "updating KMS Key ("+string(key.id)+"): updating policy: operation error KMS: PutKeyPolicy, https response "+
		"error StatusCode: 400, MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy "+
		"in the future.", awsError(t, w.tryUpdate(key, values{"policy": locked})))
}

func TestKMSAlias(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	key, other := w.create(keyToken, "k", nil), w.create(keyToken, "o", nil)
	in := values{"targetKeyId": string(key.id)}
	alias := w.create(aliasToken, "dev", in)
	require.Equal(t, "alias/dev-0102030", string(alias.id))
	require.Equal(t, values{
		"name": "alias/dev-0102030", "targetKeyId": string(key.id), "targetKeyArn": str(key.state(), "arn"),
		"arn": "arn:aws:kms:ap-northeast-1:123456789012:alias/dev-0102030",
	}, alias.state())
	w.requireNoDiff(alias, in)
	w.requireNoDiff(alias, values{"targetKeyId": str(key.state(), "arn")}) // an id and its ARN are one
	in["targetKeyId"] = str(other.state(), "arn")
	require.Equal(t, []string{"targetKeyId"}, diffPaths(w.diff(alias, in)))
	w.update(alias, in)
	require.Equal(t, other.state()["arn"], alias.state()["targetKeyArn"])
	require.Equal(t, keysOf("name"), w.diff(alias, values{"name": "alias/other", "targetKeyId": string(key.id)}).ReplaceKeys)

	const creating = "creating KMS Alias (alias/dev-0102030): operation error KMS: CreateAlias, https response error StatusCode: " +
		"400, "
	require.Equal(t, creating+"AlreadyExistsException: An alias with the name "+
		"arn:aws:kms:ap-northeast-1:123456789012:alias/dev-0102030 already exists", w.createError(aliasToken, "dev", in))
	const missing = "00000000-0000-0000-0000-000000000000"
	for target, want := range map[string]string{
		"master":                                 "NotFoundException: Invalid keyId 'master'",
		missing:                                  "NotFoundException: Key 'arn:aws:kms:ap-northeast-1:123456789012:key/" + missing + "' does not exist",
		"arn:aws:kms:us-east-1:1:key/" + missing: "NotFoundException: Key 'arn:aws:kms:us-east-1:1:key/" + missing + "' does not exist",
	} {
		require.Equal(t, creating+want, w.createError(aliasToken, "dev", values{"targetKeyId": target}))
	}
	w.delete(key)
	require.Equal(t, creating+"KMSInvalidStateException: "+str(key.state(), "arn")+" is pending deletion.",
		w.createError(aliasToken, "dev", values{"targetKeyId": string(key.id)}))
	w.delete(other) // an alias does not keep its key
	w.delete(alias)
	require.Empty(t, w.cloud.Inventory())

	for name, want := range map[string]string{
		"dev":           `"name" must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]`,
		"alias/a.b":     `"name" must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]`,
		"alias/aws/ebs": `"name" cannot begin with reserved AWS CMK prefix 'alias/aws/'`,
	} {
		require.Equal(t, []string{want + ". Examine values at 'x.name'."},
			w.checkFailures(aliasToken, "x", values{"name": name, "targetKeyId": "k"}))
	}
}
