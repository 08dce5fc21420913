package policy

import (
	"strconv"
	"strings"
	"time"
)

// comparison compares a value of the request with one of the policy.
type comparison func(have string, want pattern, text string) Answer

// operator is one of IAM's condition operators.
type operator struct {
	compare comparison
	// negated operators are met if no value of the policy matches.
	negated bool
	// wildcards is true if "*" and "?" in the policy's values are wildcards.
	wildcards bool
}

// operators are the supported operators, by their names without "ForAnyValue:", "ForAllValues:" and "IfExists".
var operators = map[string]operator{
	"StringEquals":              {compare: equal},
	"StringNotEquals":           {compare: equal, negated: true},
	"StringEqualsIgnoreCase":    {compare: equalFold},
	"StringNotEqualsIgnoreCase": {compare: equalFold, negated: true},
	"StringLike":                {compare: like, wildcards: true},
	"StringNotLike":             {compare: like, negated: true, wildcards: true},
	"ArnEquals":                 {compare: arnLike, wildcards: true},
	"ArnNotEquals":              {compare: arnLike, negated: true, wildcards: true},
	"ArnLike":                   {compare: arnLike, wildcards: true},
	"ArnNotLike":                {compare: arnLike, negated: true, wildcards: true},
	"Bool":                      {compare: boolean},
	"NumericEquals":             {compare: numeric(func(a, b float64) bool { return a == b })},
	"NumericNotEquals":          {compare: numeric(func(a, b float64) bool { return a == b }), negated: true},
	"NumericLessThan":           {compare: numeric(func(a, b float64) bool { return a < b })},
	"NumericLessThanEquals":     {compare: numeric(func(a, b float64) bool { return a <= b })},
	"NumericGreaterThan":        {compare: numeric(func(a, b float64) bool { return a > b })},
	"NumericGreaterThanEquals":  {compare: numeric(func(a, b float64) bool { return a >= b })},
	"DateEquals":                {compare: date(time.Time.Equal)},
	"DateNotEquals":             {compare: date(time.Time.Equal), negated: true},
	"DateLessThan":              {compare: date(time.Time.Before)},
	"DateLessThanEquals":        {compare: date(func(a, b time.Time) bool { return !a.After(b) })},
	"DateGreaterThan":           {compare: date(time.Time.After)},
	"DateGreaterThanEquals":     {compare: date(func(a, b time.Time) bool { return !a.Before(b) })},
}

// evaluateCondition reports whether a request meets a condition. The text says why that is unknown.
func (d *Document) evaluateCondition(c Condition, r *Request) (Answer, string) {
	values, has := r.lookUp(c.Key)
	has = has.and(answer(has != Yes || len(values) > 0))
	if c.Operator == "Null" {
		return null(c, has)
	}
	name, quantifier := c.Operator, ""
	if before, after, found := strings.Cut(name, ":"); found {
		quantifier, name = before, after
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op, known := operators[name]
	if !known || quantifier != "" && quantifier != "ForAnyValue" && quantifier != "ForAllValues" {
		return Unknown, "its operator " + c.Operator + ", which is not supported"
	}
	switch {
	case has == Unknown:
		return Unknown, "its condition on " + c.Key + ", whose value is unknown"
	case has == No && ifExists && quantifier == "ForAnyValue":
		// By one rule of the documentation the condition is met, by another it is not.
		return Unknown, "its operator " + c.Operator + " on " + c.Key + ", which the request does not have"
	case has == No:
		return answer(ifExists || quantifier == "ForAllValues" || op.negated && quantifier == ""), ""
	case quantifier == "" && len(values) > 1:
		return Unknown, "its operator " + c.Operator + " on " + c.Key + ", which has several values"
	}
	result := answer(quantifier == "ForAllValues")
	why := ""
	for _, value := range values {
		one, reason := d.one(op, c, value, r)
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

// one compares one value of the request with all values of the policy.
func (d *Document) one(op operator, c Condition, have string, r *Request) (Answer, string) {
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
		default:
			if compared = op.compare(have, want, text); compared == Unknown {
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

// null evaluates the operator Null.
func null(c Condition, has Answer) (Answer, string) {
	if len(c.Values) != 1 || c.Values[0] != "true" && c.Values[0] != "false" {
		return Unknown, "its operator Null, whose value is neither true nor false"
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
