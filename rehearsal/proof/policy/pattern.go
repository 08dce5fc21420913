package policy

import (
	"strings"
	"unicode/utf8"
)

// piece is a part of a pattern: a wildcard, literal text, or a variable whose value is unknown.
type piece struct {
	// wildcard is '*', '?' or 0.
	wildcard byte
	literal  string
	// variable is the key of a variable that every request of a class has, with different values. It is
	// empty for other pieces.
	variable string
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
		one, has, why := variable(name, r)
		if has != Yes {
			return nil, has, why
		}
		if one.variable != "" || one.literal != "" {
			pieces = append(pieces, one)
		}
		rest = after
	}
	return pieces, Yes, ""
}

// variable returns the value of a policy variable.
func variable(name string, r *Request) (piece, Answer, string) {
	name = strings.TrimSpace(name)
	if name == "*" || name == "?" || name == "$" {
		return literal(name), Yes, ""
	}
	key, fallback, hasFallback := strings.Cut(name, ",")
	key = strings.TrimSpace(key)
	value := r.lookUp(key)
	switch {
	case value.has == Yes && !value.exact:
		return piece{variable: strings.ToLower(key)}, Yes, ""
	case value.has == Unknown:
		return piece{}, Unknown, "the variable ${" + key + "}, whose value is unknown"
	case value.has == Yes && len(value.values) == 1:
		return literal(value.values[0]), Yes, ""
	case value.has == Yes && len(value.values) > 1:
		return piece{}, Unknown, "the variable ${" + key + "}, which has several values"
	case hasFallback:
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return piece{}, Unknown, "the variable ${" + name + "}, whose default value is not in quotes"
		}
		return literal(fallback[1 : len(fallback)-1]), Yes, ""
	}
	return piece{}, No, "the variable ${" + key + "}, which the request does not have"
}

// add appends text. If wildcards is true, "*" and "?" in it are wildcards.
func (p pattern) add(text string, wildcards bool) pattern {
	for text != "" {
		at := -1
		if wildcards {
			at = strings.IndexAny(text, "*?")
		}
		if at < 0 {
			return append(p, literal(text))
		}
		if at > 0 {
			p = append(p, literal(text[:at]))
		}
		p = append(p, piece{wildcard: text[at]})
		text = text[at+1:]
	}
	return p
}

func literal(text string) piece { return piece{literal: text} }

// unknownVariable returns the key of a variable in the pattern whose value is unknown, or "".
func (p pattern) unknownVariable() string {
	for _, piece := range p {
		if piece.variable != "" {
			return piece.variable
		}
	}
	return ""
}

// prefix returns the text that everything begins with that the pattern matches, and whether the pattern
// matches nothing but this text.
func (p pattern) prefix() (text string, whole bool) {
	var b strings.Builder
	for _, piece := range p {
		if piece.wildcard != 0 || piece.variable != "" {
			return b.String(), false
		}
		b.WriteString(piece.literal)
	}
	return b.String(), true
}

// matches reports whether the pattern matches all of text. The time is at most linear in the product of
// both lengths: after a mismatch, only the last asterisk can match more.
func (p pattern) matches(text string) bool {
	at, star, mark := 0, -1, 0
	rest := text
	for {
		if at == len(p) && rest == "" {
			return true
		}
		if at < len(p) {
			if p[at].wildcard == '*' {
				star, mark = at, len(text)-len(rest)
				at++
				continue
			}
			if after, ok := p[at].cut(rest); ok {
				at, rest = at+1, after
				continue
			}
		}
		if star < 0 || mark >= len(text) {
			return false
		}
		_, size := utf8.DecodeRuneInString(text[mark:])
		mark += size
		at, rest = star+1, text[mark:]
	}
}

// cut removes what the piece, which is no asterisk, matches at the beginning of text.
func (p piece) cut(text string) (string, bool) {
	if p.wildcard == '?' {
		_, size := utf8.DecodeRuneInString(text)
		return text[size:], size > 0
	}
	if p.variable != "" {
		return text, false
	}
	return strings.CutPrefix(text, p.literal)
}

// split splits a pattern at the colons between the parts of an ARN.
func (p pattern) split() []pattern {
	parts := []pattern{nil}
	add := func(piece piece) { parts[len(parts)-1] = append(parts[len(parts)-1], piece) }
	for _, piece := range p {
		if piece.wildcard != 0 || piece.variable != "" {
			add(piece)
			continue
		}
		text := piece.literal
		for len(parts) < arnParts {
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

// matchesARN compares part by part, as the ARN condition operators do: a wildcard does not match any of the
// first five colons of an ARN.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func (p pattern) matchesARN(arn string) Answer {
	patterns := p.split()
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

// matchesResource compares a Resource element with an ARN. An asterisk that is the last character of a part
// also matches colons. Whether other wildcards do is not documented.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (p pattern) matchesResource(arn string) Answer {
	if p.isStar() {
		return Yes
	}
	if !p.matches(arn) {
		return No // not even if wildcards match colons
	}
	if len(p.split()) < arnParts {
		return Unknown // neither an ARN nor *
	}
	if p.matchesARN(arn) == Yes || p.matchesAcrossParts(arn) {
		return Yes
	}
	return Unknown
}

// matchesAcrossParts reports whether the pattern matches an ARN if only asterisks that end a part match
// colons.
func (p pattern) matchesAcrossParts(arn string) bool {
	// reachable are the positions in arn that the pieces so far can end at.
	reachable := make([]bool, len(arn)+1)
	reachable[0] = true
	colons := 0
	for i, piece := range p {
		next := make([]bool, len(arn)+1)
		endsPart := i+1 == len(p) || strings.HasPrefix(p[i+1].literal, ":")
		for at, ok := range reachable {
			if !ok {
				continue
			}
			if piece.wildcard != '*' {
				crosses := piece.wildcard == '?' && colons < arnParts-1 && strings.HasPrefix(arn[at:], ":")
				if rest, ok := piece.cut(arn[at:]); ok && !crosses {
					next[len(arn)-len(rest)] = true
				}
				continue
			}
			for end := at; end <= len(arn) && !next[end]; end++ {
				next[end] = true
				if end < len(arn) && arn[end] == ':' && !endsPart && colons < arnParts-1 {
					break
				}
			}
		}
		reachable = next
		colons += strings.Count(piece.literal, ":")
	}
	return reachable[len(arn)]
}
