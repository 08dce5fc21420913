package policy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits reports whether the condition requires a key to have one of the values, unlike a condition that excludes values.
func (c Condition) Limits(key string) bool {
	return strings.EqualFold(c.Key, key) && !strings.Contains(c.Operator, "Not") && c.Operator != "Null"
}

// comparison compares a value of the request with one of the policy.
type comparison func(have string, want pattern, text string) Answer

// operator is one of IAM's condition operators.
type operator struct {
	compare comparison
	// negated operators are met if no value of the policy matches.
	negated bool
	// wildcards is true if "*" and "?" in the policy's values are wildcards.
	wildcards bool
	// text is true for operators that compare texts, arn for those that compare ARNs part by part.
	text, arn, ignoresCase bool
	// above compares every number greater than the first with the second. It is nil for other operators.
	above func(above, want float64) Answer
}

// operators are the supported operators, by their names without "ForAnyValue:", "ForAllValues:" and "IfExists".
var operators = map[string]operator{
	"StringEquals":              {compare: equal, text: true},
	"StringNotEquals":           {compare: equal, negated: true, text: true},
	"StringEqualsIgnoreCase":    {compare: equalFold, text: true, ignoresCase: true},
	"StringNotEqualsIgnoreCase": {compare: equalFold, negated: true, text: true, ignoresCase: true},
	"StringLike":                {compare: like, wildcards: true, text: true},
	"StringNotLike":             {compare: like, negated: true, wildcards: true, text: true},
	"ArnEquals":                 {compare: arnLike, wildcards: true, text: true, arn: true},
	"ArnNotEquals":              {compare: arnLike, negated: true, wildcards: true, text: true, arn: true},
	"ArnLike":                   {compare: arnLike, wildcards: true, text: true, arn: true},
	"ArnNotLike":                {compare: arnLike, negated: true, wildcards: true, text: true, arn: true},
	"Bool":                      {compare: boolean, text: true, ignoresCase: true},
	"NumericEquals":             {compare: numeric(func(a, b float64) bool { return a == b }), above: noneAbove},
	"NumericNotEquals":          {compare: numeric(func(a, b float64) bool { return a == b }), negated: true, above: noneAbove},
	"NumericLessThan":           {compare: numeric(func(a, b float64) bool { return a < b }), above: noneAbove},
	"NumericLessThanEquals":     {compare: numeric(func(a, b float64) bool { return a <= b }), above: noneAbove},
	"NumericGreaterThan":        {compare: numeric(func(a, b float64) bool { return a > b }), above: allAbove},
	"NumericGreaterThanEquals":  {compare: numeric(func(a, b float64) bool { return a >= b }), above: allAbove},
	"IpAddress":                 {compare: inNetwork},
	"NotIpAddress":              {compare: inNetwork, negated: true},
	"DateEquals":                {compare: date(time.Time.Equal)},
	"DateNotEquals":             {compare: date(time.Time.Equal), negated: true},
	"DateLessThan":              {compare: date(time.Time.Before)},
	"DateLessThanEquals":        {compare: date(func(a, b time.Time) bool { return !a.After(b) })},
	"DateGreaterThan":           {compare: date(time.Time.After)},
	"DateGreaterThanEquals":     {compare: date(func(a, b time.Time) bool { return !a.Before(b) })},
}

// evaluateCondition reports whether a request meets a condition. The text says why that is unknown.
func (d *Document) evaluateCondition(c Condition, r *Request) (Answer, string) {
	value := r.lookUp(c.Key)
	if c.Operator == "Null" {
		return null(c, value)
	}
	name, quantifier := c.Operator, ""
	if before, after, found := strings.Cut(name, ":"); found {
		quantifier, name = before, after
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op, supported := operators[name]
	if !supported || quantifier != "" && quantifier != "ForAnyValue" && quantifier != "ForAllValues" {
		return Unknown, "its operator " + c.Operator + ", which is not supported"
	}
	result, why := Unknown, ""
	for i, one := range value.alternatives() {
		met, reason := d.meets(c, op, quantifier, ifExists, one, r)
		if i == 0 {
			result, why = met, reason
		} else if met != result {
			result, why = Unknown, "its condition on "+c.Key+", whose value is unknown"
		}
	}
	if result == Unknown && value.has == Unknown {
		why = "its condition on " + c.Key + ", whose value is unknown"
	}
	return result, why
}

// meets reports whether a request meets a condition if its key is absent or has the given values.
func (d *Document) meets(c Condition, op operator, quantifier string, ifExists bool, value known, r *Request) (Answer, string) {
	switch {
	case value.has == No && ifExists && quantifier == "ForAnyValue":
		// By one rule of the documentation the condition is met, by another it is not.
		return Unknown, "its operator " + c.Operator + " on " + c.Key + ", which the request does not have"
	case value.has == No:
		return answer(ifExists || quantifier == "ForAllValues" || op.negated && quantifier == ""), ""
	case !value.exact:
		return d.one(op, c, operand{unknown: &value}, r)
	case quantifier == "" && len(value.values) > 1:
		return Unknown, "its operator " + c.Operator + " on " + c.Key + ", which has several values"
	}
	result := answer(quantifier == "ForAllValues")
	why := ""
	for _, text := range value.values {
		one, reason := d.one(op, c, operand{text: text}, r)
		if one == Unknown {
			why = reason
		}
		if quantifier == "ForAllValues" {
			result = result.and(one)
		} else {
			result = result.or(one)
		}
	}
	return result, why
}

// operand is a value of the request: a text, or what is known about it.
type operand struct {
	text    string
	unknown *known
}

// one compares one value of the request with all values of the policy.
func (d *Document) one(op operator, c Condition, have operand, r *Request) (Answer, string) {
	matched, why := No, ""
	for _, text := range c.Values {
		want, expanded, reason := d.expand(text, op.wildcards, r)
		var compared Answer
		switch {
		case expanded == Unknown, expanded == No && op.negated:
			// The documentation does not say how a negated operator treats a variable without a value.
			compared, why = Unknown, reason
		case expanded == No:
			compared = No
		case have.unknown != nil:
			if compared = op.compareUnknown(have.unknown, want, text); compared == Unknown {
				why = "its condition on " + c.Key + ", whose value is unknown"
			}
		case want.unknownVariable() != "":
			compared, why = Unknown, "the variable ${"+want.unknownVariable()+"}, whose value is unknown"
		default:
			if compared = op.compare(have.text, want, text); compared == Unknown {
				why = "its value " + strconv.Quote(text) + " for " + c.Operator
			}
		}
		matched = matched.or(compared)
	}
	if op.negated {
		matched = matched.not()
	}
	return matched, why
}

// compareUnknown compares a value about which only some things are known.
func (op operator) compareUnknown(have *known, want pattern, text string) Answer {
	if have.aboveKnown && op.above != nil {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return op.above(have.above, n)
		}
		return Unknown
	}
	if !op.text {
		return Unknown
	}
	if want.isStar() && !op.arn {
		return Yes
	}
	if have.group != nil && !op.ignoresCase {
		return have.group.arnMatchedBy(want, op.arn)
	}
	if len(want) == 1 && want[0].variable != "" && !op.ignoresCase && !op.arn {
		return answer(want[0].variable != have.notKey).and(Unknown)
	}
	// Values that differ only in case are different unless the operator ignores case.
	literal, whole := want.prefix()
	sameCase := !op.ignoresCase || strings.ToLower(literal) == strings.ToUpper(literal)
	if whole && sameCase && slices.Contains(have.not, literal) {
		return No
	}
	return Unknown
}

// null evaluates the operator Null.
func null(c Condition, value known) (Answer, string) {
	if len(c.Values) != 1 || c.Values[0] != "true" && c.Values[0] != "false" {
		return Unknown, "its operator Null, whose value is neither true nor false"
	}
	has := value.has
	if value.exact && len(value.values) == 0 {
		has = No
	}
	if has == Unknown {
		return Unknown, "its condition on " + c.Key + ", whose value is unknown"
	}
	if c.Values[0] == "true" {
		has = has.not()
	}
	return has, ""
}

func equal(have string, want pattern, _ string) Answer { return answer(want.matches(have)) }

func equalFold(have string, want pattern, _ string) Answer {
	return answer(want.lower().matches(strings.ToLower(have)))
}

func like(have string, want pattern, _ string) Answer { return answer(want.matches(have)) }

func arnLike(have string, want pattern, _ string) Answer { return want.matchesARN(have) }

func boolean(have string, want pattern, _ string) Answer {
	return answer(want.lower().matches(strings.ToLower(have)))
}

// noneAbove is No if no number above the first is at most the second.
func noneAbove(above, want float64) Answer { return answer(above < want).and(Unknown) }

// allAbove is Yes if all numbers above the first are at least the second.
func allAbove(above, want float64) Answer { return answer(above >= want).or(Unknown) }

// numeric compares numbers. The answer is unknown if a value is not a number.
func numeric(compare func(have, want float64) bool) comparison {
	return func(have string, _ pattern, text string) Answer {
		a, err := strconv.ParseFloat(have, 64)
		if err != nil {
			return Unknown
		}
		b, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Unknown
		}
		return answer(compare(a, b))
	}
}

// inNetwork reports whether an address is in a network. The answer is unknown if a value is no address.
func inNetwork(have string, _ pattern, text string) Answer {
	address, err := netip.ParseAddr(have)
	if err != nil {
		return Unknown
	}
	if network, err := netip.ParsePrefix(text); err == nil {
		return answer(network.Contains(address))
	}
	other, err := netip.ParseAddr(text)
	if err != nil {
		return Unknown
	}
	return answer(other == address)
}

// date compares times in ISO 8601 or in seconds since 1970.
func date(compare func(have, want time.Time) bool) comparison {
	return func(have string, _ pattern, text string) Answer {
		a, ok := parseTime(have)
		if !ok {
			return Unknown
		}
		b, ok := parseTime(text)
		if !ok {
			return Unknown
		}
		return answer(compare(a, b))
	}
}

func parseTime(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
