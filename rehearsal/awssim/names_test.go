package awssim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProvider_names(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		token, input, unless string
		longest              int
		in                   values
		want                 string
	}{
		{roleToken, "name", "namePrefix", 64, values{"assumeRolePolicy": "{}"}, "Logical-0102030"},
		{profileToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{rolePolicyToken, "name", "namePrefix", 255, values{"role": "r", "policy": "{}"}, "Logical-0102030"},
		{keyPairToken, "keyName", "keyNamePrefix", 255, values{"publicKey": "k"}, "Logical-0102030"},
		{securityGroupToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{logGroupToken, "name", "namePrefix", 255, nil, "Logical-0102030"},
		{documentToken, "name", "", 255, values{"content": "{}", "documentType": "Session"}, "Logical-0102030"},
		{aliasToken, "name", "namePrefix", 238, values{"targetKeyId": "k"}, "alias/Logical-0102030"},
		{bucketToken, "bucket", "bucketPrefix", 63, nil, "logical-0102030"},
	} {
		named := w.checkedInputs(testURN(test.token, "Logical"), nil, test.in)
		require.Equal(t, test.want, named[resourceKey(test.input)].StringValue(), test.token)
		require.Contains(t, strList(fromProperties(named), defaultsKey), test.input)

		again, err := w.provider.Check(background, checkRequest{
			URN: testURN(test.token, "Logical"), Olds: named, News: toProperties(test.in), RandomSeed: []byte{9, 9, 9, 9},
		})
		require.NoError(t, err)
		require.Equal(t, test.want, again.Properties[resourceKey(test.input)].StringValue(), "%s keeps its name", test.token)

		logical := strings.Repeat("n", test.longest-8)
		for _, name := range []string{logical, logical + "n"} {
			_, err = w.provider.Check(background, checkRequest{
				URN: testURN(test.token, name), News: toProperties(test.in), RandomSeed: []byte{1, 2, 3, 4},
			})
			if name == logical {
				require.NoError(t, err, test.token)
			} else {
				require.EqualError(t, err, fmt.Sprintf("name '%s-' plus 7 random chars is longer than maximum length %d", name, test.longest))
			}
		}
		if test.unless != "" {
			prefixed := w.checkedInputs(testURN(test.token, "Logical"), nil, with(test.in, values{test.unless: prefixFor(test.token)}))
			require.NotContains(t, prefixed, resourceKey(test.input), test.token)
		}
	}
	require.NotContains(t, w.checkedInputs(testURN(vpcToken, "Logical"), nil, values{"cidrBlock": "10.0.0.0/16"}), resourceKey("name"))
}

func prefixFor(token string) string {
	if token == aliasToken {
		return "alias/a"
	}
	return "a"
}

func TestProvider_deleteBeforeReplace(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	for _, test := range []struct {
		name  string
		given any
		first bool
	}{{"generated", nil, false}, {"explicit", "app", true}} {
		in := with(values{"vpcId": string(vpc.id), "description": "a"}, values{"name": test.given})
		group := w.create(securityGroupToken, "g", in)
		diff := w.diff(group, with(in, values{"description": "b"}))
		require.Equal(t, keysOf("description"), diff.ReplaceKeys, test.name)
		require.Equal(t, test.first, diff.DeleteBeforeReplace, test.name)
		require.False(t, w.diff(group, with(in, values{"tags": values{"a": "b"}})).DeleteBeforeReplace, "an update deletes nothing")
	}
	require.False(t, w.diff(vpc, values{"cidrBlock": "10.1.0.0/16"}).DeleteBeforeReplace, "the type has no name")
}
