package config

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
)

// Tags that depend on other keys.
func TestLoad_defaultTagsWithOtherKeys(t *testing.T) {
	t.Parallel()
	many := map[string]any{}
	for i := range 47 {
		many["k"+strconv.Itoa(i)] = "v"
	}
	tagged := values{"sessionTargets": "tagged", "targetTags": pulumitest.Strings("a=1", "k0=v")}
	withMore := values{"sessionTargets": "tagged", "targetTags": pulumitest.Strings("a=1", "b=2", "k0=v")}
	user := map[string]any{"ssmsessionrunas": "ann"}
	for name, test := range map[string]struct {
		set  values
		tags map[string]any
		want []string
	}{
		"50 tags of an instance":             {tagged, many, []string{}},
		"51 tags of an instance":             {withMore, many, []string{"aws:defaultTags too-many"}},
		"51 tags of no instance":             {accessOnly(withMore), many, []string{}},
		"the tag of Run As":                  {values{"sessionRunAs": "ec2-user"}, user, []string{"aws:defaultTags conflict"}},
		"the tag of Run As, without the key": {nil, user, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(map[string]any{"tags": test.tags})
			require.NoError(t, err)
			configuration := pulumitest.ConfigWith(t, root, test.set)
			configuration["aws:defaultTags"] = string(encoded)
			_, diags := load(t, configuration)
			require.Equal(t, test.want, keysAndCodes(diags))
		})
	}
}

func TestLoad_defaultTags(t *testing.T) {
	t.Parallel()
	many := func(n int) map[string]any {
		tags := map[string]any{}
		for i := range n {
			tags["k"+strconv.Itoa(i)] = "v"
		}
		return tags
	}
	const malformed = "aws:defaultTags malformed"
	for name, test := range map[string]struct {
		tags map[string]any
		want []string
	}{
		"none":                         {nil, []string{}},
		"every allowed character":      {map[string]any{"ä 9_.:/=+-@": "ä 9_.:/=+-@", "empty": ""}, []string{}},
		"as long as possible":          {map[string]any{strings.Repeat("ä", 128): strings.Repeat("ä", 256)}, []string{}},
		"48 tags":                      {many(48), []string{}},
		"49 tags":                      {many(49), []string{"aws:defaultTags too-many"}},
		"keys that differ in case":     {map[string]any{"Environment": "a", "environment": "b"}, []string{"aws:defaultTags conflict"}},
		"an ampersand in a key":        {map[string]any{"r&d": "a"}, []string{malformed}},
		"a parenthesis in a value":     {map[string]any{"owner": "ann (ops)"}, []string{malformed}},
		"a comma in both":              {map[string]any{"a,b": "c,d"}, []string{malformed, malformed}},
		"an empty key":                 {map[string]any{"": "a"}, []string{malformed}},
		"a key that is too long":       {map[string]any{strings.Repeat("k", 129): "a"}, []string{malformed}},
		"a value that is too long":     {map[string]any{"k": strings.Repeat("v", 257)}, []string{malformed}},
		"a key that AWS reserves":      {map[string]any{"AWS:x": "a"}, []string{malformed}},
		"a value that is not a string": {map[string]any{"k": 1}, []string{}}, // the provider reports it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(map[string]any{"tags": test.tags})
			require.NoError(t, err)
			configuration := pulumitest.ConfigWith(t, root, nil)
			configuration["aws:defaultTags"] = string(encoded)
			_, diags := load(t, configuration)
			require.Equal(t, test.want, keysAndCodes(diags))
		})
	}
}
