package htmlreport

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Lengths in characters above which texts are shortened.
const (
	longName  = 120
	longText  = 900
	longTitle = 300
)

// maxMarks is the number of combining marks that a character may have. More of them would cover other lines.
const maxMarks = 4

// visible replaces control and format characters, such as those that change the direction of text, by their code points,
// so that a name cannot hide what it is, or other text.
func visible(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return hidden(r) || isMark(r) }) < 0 {
		return text
	}
	var b strings.Builder
	marks := 0
	for _, r := range text {
		if isMark(r) {
			marks++
		} else {
			marks = 0
		}
		if hidden(r) || marks > maxMarks {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isMark(r rune) bool { return unicode.Is(unicode.M, r) }

func hidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar)
}

// shortenMiddle shortens a text to a number of characters by leaving out its middle.
func shortenMiddle(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	tail := most / 4
	return string(runes[:most-tail-1]) + "…" + string(runes[len(runes)-tail:])
}

// name returns a name for people: on one line, with visible characters only and not too long.
func name(text string) string {
	return shortenMiddle(visible(strings.Join(strings.Fields(text), " ")), longName)
}

// paragraph is a text that may be long.
type paragraph struct {
	// Start is the whole text, or its beginning if it is long. Whole is then the whole text.
	Start, Whole string
	Length       int
}

// newParagraph returns a text for people.
func newParagraph(text string) paragraph {
	text = visible(text)
	runes := []rune(text)
	if len(runes) <= longText {
		return paragraph{Start: text}
	}
	return paragraph{Start: string(runes[:longText/3]) + "…", Whole: text, Length: len(runes)}
}

// plural returns a number with a noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// operationCounts lists the numbers of operations, such as "9 delete, 15 discard".
func operationCounts(changes map[string]int) string {
	var parts []string
	for _, operation := range slices.Sorted(maps.Keys(changes)) {
		if n := changes[operation]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, operation))
		}
	}
	return strings.Join(parts, ", ")
}

// counted is a number of things.
type counted struct {
	n         int
	one, many string
}

// joinCounts lists numbers of things, without zeros.
func joinCounts(counts []counted) string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, plural(c.n, c.one, c.many))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
