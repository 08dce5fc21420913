package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWitness_work checks that the number of comparisons does not grow with the number of statements: neither for a class
// of principals, nor for a principal that one of many statements names.
func TestWitness_work(t *testing.T) {
	t.Parallel()
	for _, statements := range []int{10, 40, 120} {
		var texts []string
		for n := range statements {
			texts = append(texts, fmt.Sprintf(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/u%d"},`+
				`"Condition":{"StringLike":{"sts:RoleSessionName":"*a%[1]d*"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, n))
		}
		trust, err := Parse("trust", `{"Version":"2012-10-17","Statement":[`+strings.Join(texts, ",")+`]}`)
		require.NoError(t, err)
		p := &Policies{Resource: trust, ResourceMustAllow: true, ResourceAccount: "123456789012"}
		for name, principal := range map[string]Principal{
			"a user":  User("arn:aws:iam::123456789012:user/u7"),
			"a class": Group{Kind: UserKind}.Principal(),
		} {
			r := &Request{Principal: principal, Action: "sts:AssumeRole", Resource: "arn:aws:iam::123456789012:role/r"}
			tried := 0
			for range p.witnesses(r) {
				tried++
			}
			relevant := p.relevant(r)
			require.LessOrEqual(t, tried*size(relevant), maxComparisons, name)
			if name == "a user" {
				require.Len(t, relevant, 1)
				require.Less(t, tried, 100)
			}
			_, _, allowed := p.Witness(r)
			require.True(t, allowed, "%s, %d statements", name, statements)
		}
	}
}

// TestParse_size checks that a policy that is larger than AWS allows is refused, and that white space does not count.
func TestParse_size(t *testing.T) {
	t.Parallel()
	sized := func(n int, space string) string {
		text := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + space + `"}}`
		return strings.Replace(text, space, strings.Repeat("a", n-len(text)+len(space)), 1)
	}
	_, err := Parse("p", sized(maxSize, "#"))
	require.NoError(t, err)
	_, err = Parse("p", strings.Repeat(" ", maxSize)+sized(maxSize, "#"))
	require.NoError(t, err)
	_, err = Parse("p", sized(maxSize+1, "#"))
	require.Error(t, err)
}
