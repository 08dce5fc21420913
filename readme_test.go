package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// block is a part of a Markdown text: a heading, a paragraph, a list, code, a table or a
// comment.
type block struct {
	kind  string
	lines []string
	// parts are a list's items, a table's cells by row, or the whole.
	parts []string
}

// shape is what two languages have in common of a block: "table of 24".
func (b block) shape() string {
	if len(b.parts) > 1 {
		return fmt.Sprintf("%s of %d", b.kind, len(b.parts))
	}
	return b.kind
}

// kindOf is the kind of block that a line begins.
func kindOf(line string) string {
	switch {
	case strings.HasPrefix(line, "#"):
		return line[:strings.Index(line, " ")]
	case strings.HasPrefix(line, "```"), strings.HasPrefix(line, "    "):
		return "code"
	case strings.HasPrefix(line, "|"):
		return "table"
	case strings.HasPrefix(line, "- "):
		return "list"
	case strings.HasPrefix(line, "<!--"):
		return "comment"
	}
	return "paragraph"
}

// blocksOf reads a Markdown text.
func blocksOf(text string) []block {
	var blocks []block
	fenced, blank := false, true
	for _, line := range strings.Split(text, "\n") {
		kind := kindOf(line)
		last := len(blocks) - 1
		switch {
		case fenced:
			blocks[last].lines = append(blocks[last].lines, line)
			fenced = !strings.HasPrefix(line, "```")
		case line == "":
			blank = true
		case !blank && last >= 0 && blocks[last].kind != "comment" && (kind == "paragraph" || kind == blocks[last].kind):
			blocks[last].lines = append(blocks[last].lines, line)
		default:
			blocks = append(blocks, block{kind: kind, lines: []string{line}})
			fenced = strings.HasPrefix(line, "```")
			blank = false
		}
	}
	for i := range blocks {
		blocks[i].parts = blocks[i].split()
	}
	return blocks
}

// split takes a block apart.
func (b block) split() []string {
	switch b.kind {
	case "table":
		var cells []string
		for _, row := range b.lines {
			cells = append(cells, strings.Split(strings.Trim(row, "|"), "|")...)
		}
		return cells
	case "list":
		return strings.Split(strings.TrimPrefix(strings.Join(b.lines, "\n"), "- "), "\n- ")
	}
	return []string{strings.Join(b.lines, "\n")}
}

var (
	comment  = regexp.MustCompile(`(?m)\s+# .*$`)
	codeSpan = regexp.MustCompile("`[^`]+`")
	linkTo   = regexp.MustCompile(`\]\(([^)]+)\)`)
	bold     = regexp.MustCompile(`\*\*[^*]+\*\*`)
	number   = regexp.MustCompile(`[0-9][0-9.,:/-]*[0-9]`)
)

// fixed is what a text says in any language: its code, figures of more than one digit,
// links and bold parts.
func fixed(part string) map[string][]string {
	links := []string{}
	for _, link := range linkTo.FindAllStringSubmatch(part, -1) {
		target := link[1]
		switch {
		case strings.HasPrefix(target, "#"):
			target = "another section"
		case strings.HasPrefix(target, "README"):
			target = "the other language"
		}
		links = append(links, target)
	}
	plain := linkTo.ReplaceAllString(codeSpan.ReplaceAllString(part, ""), "]")
	figures := number.FindAllString(plain, -1)
	if strings.Contains(plain, "half a minute") || strings.Contains(plain, "half an hour") {
		figures = append(figures, "30")
	}
	return map[string][]string{
		"code": distinct(codeSpan.FindAllString(part, -1)), "figures": distinct(figures), "links": distinct(links),
		"bold": make([]string, len(bold.FindAllString(part, -1))),
	}
}

func distinct(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}

// wordy says whether a text is a sentence and not names and figures alone.
func wordy(part string) bool {
	return len(regexp.MustCompile(`[a-z]{2,}`).FindAllString(linkTo.ReplaceAllString(codeSpan.ReplaceAllString(part, ""), "]"), -1)) > 3
}

func japanese(part string) bool {
	return strings.ContainsFunc(part, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) })
}

// TestREADME_japanese holds README.ja.md to README.md: the same headings, paragraphs,
// lists, tables and commands in the same order, with the same code, figures and links.
// That the words mean the same it cannot tell.
func TestREADME_japanese(t *testing.T) {
	t.Parallel()
	english, translated := readBlocks(t, "README.md"), readBlocks(t, "README.ja.md")
	for i := range min(len(english), len(translated)) {
		require.Equal(t, english[i].shape(), translated[i].shape(), "README.ja.md has\n%s\nwhere README.md has\n%s",
			strings.Join(translated[i].lines, "\n"), strings.Join(english[i].lines, "\n"))
	}
	require.Len(t, translated, len(english))
	for i, b := range english {
		for j, part := range b.parts {
			other := translated[i].parts[j]
			if b.kind == "code" || b.kind == "comment" {
				require.Equal(t, comment.ReplaceAllString(part, ""), comment.ReplaceAllString(other, ""))
				continue
			}
			require.Equal(t, fixed(part), fixed(other), "README.ja.md says\n%s\nwhere README.md says\n%s", other, part)
			require.True(t, !wordy(part) || japanese(other), "not translated: %s", other)
		}
	}
}

// TestREADME_links holds the links to sections and files of the repository to what is
// there.
func TestREADME_links(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "README.ja.md"} {
		for _, b := range readBlocks(t, name) {
			for _, link := range linkTo.FindAllStringSubmatch(strings.Join(b.lines, "\n"), -1) {
				if strings.Contains(link[1], "://") {
					continue
				}
				file, section, deep := strings.Cut(link[1], "#")
				if file == "" {
					file = name
				}
				require.FileExists(t, file, name)
				require.True(t, !deep || slices.Contains(anchors(t, file), section), "%s: %s has no such section", name, link[1])
			}
		}
	}
}

// anchors are the names that GitHub gives a text's headings.
func anchors(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for _, b := range readBlocks(t, name) {
		if strings.HasPrefix(b.kind, "#") {
			found = append(found, anchor(b.parts[0]))
		}
	}
	return found
}

// anchor is the name that GitHub gives a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimLeft(heading, "# "))
}

func readBlocks(t *testing.T, name string) []block {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return blocksOf(string(text))
}
