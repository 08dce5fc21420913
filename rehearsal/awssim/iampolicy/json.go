package iampolicy

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// jsonValue is a JSON value with its position in the source and its keys in their order. AWS's error
// messages contain positions and duplicate keys, and encoding/json keeps neither.
type jsonValue struct {
	at     int          // byte offset in the source
	kind   byte         // '{' for an object, '[' for a list, 0 for a scalar
	scalar any          // nil, bool, json.Number or string
	items  []*jsonValue // of a list or an object
	keys   []string     // of an object, in the order of items
}

// get returns the value of a key, or nil if the object does not have it.
func (v *jsonValue) get(key string) *jsonValue {
	for i, k := range v.keys {
		if k == key {
			return v.items[i]
		}
	}
	return nil
}

// str returns the value of a string, and false for any other value.
func (v *jsonValue) str() (string, bool) {
	s, ok := v.scalar.(string)
	return s, ok && v.kind == 0
}

// parseJSON parses a JSON value. Duplicate keys are an error, as in AWS's policy parsers.
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

// duplicateKeyError is the error for an object that has a key twice.
type duplicateKeyError struct {
	key string
	at  int
}

func (e *duplicateKeyError) Error() string { return fmt.Sprintf("duplicate key %q", e.key) }

// next returns the next token and its offset. It cannot fail, since parseJSON has checked the syntax.
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
