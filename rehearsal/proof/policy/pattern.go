package policy

import (
	"strings"
	"unicode/utf8"
)

// piece is a part of a pattern: a wildcard or literal text.
type piece struct {
	// wildcard is '*', '?' or 0.
	wildcard byte
	literal  string
}

// pattern is a value of a policy whose variables are replaced. The values of variables are literal text, as
// is "${*}".
type pattern []piece

// expand replaces the variables in a value. The answer is No if a variable has no value, and Unknown if its
// value is unknown.
func (d *Document) expand(value string, wildcards bool, r *Request) (pattern, Answer, string) {
	var pieces pattern
	rest := value
	for rest != "" {
		start := -1
		if d.variables {
			start = strings.Index(rest, "${")
		}
		if start < 0 {
			return pieces.add(rest, wildcards), Yes, ""
		}
		pieces = pieces.add(rest[:start], wildcards)
		name, after, closed := strings.Cut(rest[start+2:], "}")
		if !closed {
			return nil, Unknown, "its value " + value + ", whose variable has no closing brace"
		}
		text, has, why := variable(name, r)
		if has != Yes {
			return nil, has, why
		}
		pieces = pieces.add(text, false)
		rest = after
	}
	return pieces, Yes, ""
}

// variable returns the value of a policy variable.
func variable(name string, r *Request) (string, Answer, string) {
	name = strings.TrimSpace(name)
	if name == "*" || name == "?" || name == "$" {
		return name, Yes, ""
	}
	key, fallback, hasFallback := strings.Cut(name, ",")
	key = strings.TrimSpace(key)
	values, has := r.lookUp(key)
	switch {
	case has == Unknown:
		return "", Unknown, "the variable ${" + key + "}, whose value is unknown"
	case has == Yes && len(values) == 1:
		return values[0], Yes, ""
	case has == Yes && len(values) > 1:
		return "", Unknown, "the variable ${" + key + "}, which has several values"
	case hasFallback:
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return "", Unknown, "the variable ${" + name + "}, whose default value is not in quotes"
		}
		return fallback[1 : len(fallback)-1], Yes, ""
	}
	return "", No, "the variable ${" + key + "}, which the request does not have"
}

// add appends text. If wildcards is true, "*" and "?" in it are wildcards.
func (p pattern) add(text string, wildcards bool) pattern {
	for text != "" {
		at := -1
		if wildcards {
			at = strings.IndexAny(text, "*?")
		}
		if at < 0 {
			return append(p, piece{literal: text})
		}
		if at > 0 {
			p = append(p, piece{literal: text[:at]})
		}
		p = append(p, piece{wildcard: text[at]})
		text = text[at+1:]
	}
	return p
}

// matches reports whether the pattern matches all of text.
func (p pattern) matches(text string) bool {
	if len(p) == 0 {
		return text == ""
	}
	switch first := p[0]; first.wildcard {
	case '*':
		for len(p) > 1 && p[1].wildcard == '*' {
			p = p[1:]
		}
		if len(p) == 1 {
			return true
		}
		for i := 0; i <= len(text); i++ {
			if p[1:].matches(text[i:]) {
				return true
			}
		}
		return false
	case '?':
		_, size := utf8.DecodeRuneInString(text)
		return size > 0 && p[1:].matches(text[size:])
	default:
		rest, ok := strings.CutPrefix(text, first.literal)
		return ok && p[1:].matches(rest)
	}
}

// split splits a pattern at colons into at most n parts.
func (p pattern) split(n int) []pattern {
	parts := []pattern{nil}
	add := func(piece piece) { parts[len(parts)-1] = append(parts[len(parts)-1], piece) }
	for _, piece := range p {
		if piece.wildcard != 0 {
			add(piece)
			continue
		}
		text := piece.literal
		for len(parts) < n {
			before, after, found := strings.Cut(text, ":")
			if !found {
				break
			}
			if before != "" {
				add(literal(before))
			}
			parts, text = append(parts, nil), after
		}
		if text != "" {
			add(literal(text))
		}
	}
	return parts
}

func literal(text string) piece { return piece{literal: text} }

// lower returns the pattern in lower case.
func (p pattern) lower() pattern {
	folded := make(pattern, len(p))
	for i, piece := range p {
		folded[i] = piece
		folded[i].literal = strings.ToLower(piece.literal)
	}
	return folded
}

// isStar reports whether the pattern is "*".
func (p pattern) isStar() bool { return len(p) == 1 && p[0].wildcard == '*' }

// arnParts is the number of parts of an ARN.
const arnParts = 6

// matchesARN compares part by part: a wildcard does not match any of the first five colons of an ARN.
func (p pattern) matchesARN(arn string) Answer {
	patterns := p.split(arnParts)
	if len(patterns) < arnParts {
		return Unknown
	}
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts {
		return No
	}
	for i := range parts {
		if !patterns[i].matches(parts[i]) {
			return No
		}
	}
	return Yes
}
