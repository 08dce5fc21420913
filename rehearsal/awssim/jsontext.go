package awssim

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// jsonValue is a JSON value that knows where in the text it stands and in which order its keys came. The standard
// decoder forgets both, and AWS's refusals name the place and the repeated key.
type jsonValue struct {
	at     int
	scalar any // nil, bool, json.Number or string, where it is neither a list nor an object
	items  []*jsonValue
	keys   []string
	kind   byte // '{', '[' or 0
}

// get returns the value of the key, nil where it is absent.
func (v *jsonValue) get(key string) *jsonValue {
	for i, k := range v.keys {
		if k == key {
			return v.items[i]
		}
	}
	return nil
}

// text returns the string, and false for everything else.
func (v *jsonValue) text() (string, bool) {
	s, ok := v.scalar.(string)
	return s, ok && v.kind == 0
}

// parseJSON reads one JSON value. A key that an object holds twice is an error, as it is for AWS's policy parsers.
func parseJSON(text string) (*jsonValue, error) {
	var ignored any
	if err := json.Unmarshal([]byte(text), &ignored); err != nil {
		return nil, err
	}
	p := &jsonParser{decoder: json.NewDecoder(strings.NewReader(text)), source: text}
	p.decoder.UseNumber()
	return p.value()
}

type jsonParser struct {
	decoder *json.Decoder
	source  string
}

// duplicateKeyError is a key that stands twice in one object.
type duplicateKeyError struct {
	key string
	at  int
}

func (e *duplicateKeyError) Error() string { return fmt.Sprintf("duplicate key %q", e.key) }

// next returns the next token and where it begins. The text has been found valid before, so that it cannot fail.
func (p *jsonParser) next() (json.Token, int, error) {
	at := int(p.decoder.InputOffset())
	for at < len(p.source) && (unicode.IsSpace(rune(p.source[at])) || p.source[at] == ',' || p.source[at] == ':') {
		at++
	}
	token, err := p.decoder.Token()
	return token, at, err
}

func (p *jsonParser) value() (*jsonValue, error) {
	token, at, err := p.next()
	if err != nil {
		return nil, err
	}
	v := &jsonValue{at: at}
	delim, ok := token.(json.Delim)
	if !ok {
		v.scalar = token
		return v, nil
	}
	v.kind = byte(delim)
	for p.decoder.More() {
		if v.kind == '{' {
			key, keyAt, err := p.next()
			if err != nil {
				return nil, err
			}
			if v.get(key.(string)) != nil {
				return nil, &duplicateKeyError{key: key.(string), at: keyAt}
			}
			v.keys = append(v.keys, key.(string))
		}
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	_, _, err = p.next()
	return v, err
}
