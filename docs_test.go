package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeSpan     = regexp.MustCompile("`[^`\n]+`")
	shellComment = regexp.MustCompile(`\s+#.*$`)
)

// pages returns the READMEs and the pages in docs.
func pages(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	return append([]string{"README.md", "README.ja.md"}, docs...)
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// headings returns the levels and texts of the headings of a page.
func headings(text string) (levels []int, texts []string) {
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if hashes := len(line) - len(strings.TrimLeft(line, "#")); !fenced && hashes > 0 && strings.HasPrefix(line[hashes:], " ") {
			levels, texts = append(levels, hashes), append(texts, strings.TrimSpace(line[hashes:]))
		}
	}
	return levels, texts
}

// commands returns the lines of code in a page, without comments.
func commands(text string) []string {
	var all []string
	fence := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```") && fence == "":
			fence = trimmed
		case strings.HasPrefix(trimmed, "```"):
			fence = ""
		// Diagrams and transcripts are the same in all languages.
		case fence != "", strings.HasPrefix(line, "    "):
			all = append(all, strings.TrimSpace(shellComment.ReplaceAllString(line, "")))
		}
	}
	return all
}

// anchor returns the name that GitHub gives a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// Links to files and sections of the repository are valid.
func TestDocs_links(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, link := range markdownLink.FindAllStringSubmatch(readPage(t, page), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			file, section, hasSection := strings.Cut(link[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			require.FileExists(t, target, page)
			if !hasSection {
				continue
			}
			_, texts := headings(readPage(t, target))
			require.True(t, slices.ContainsFunc(texts, func(text string) bool { return anchor(text) == section }),
				"%s: %s has no such section", page, link[1])
		}
	}
}

// Both READMEs link to every page.
func TestDocs_everyPageIsLinked(t *testing.T) {
	t.Parallel()
	for _, readme := range []string{"README.md", "README.ja.md"} {
		text := readPage(t, readme)
		for _, page := range pages(t) {
			if strings.HasPrefix(page, "docs/") {
				require.Contains(t, text, "]("+page, "%s does not link to %s", readme, page)
			}
		}
	}
}

func TestDocs_readmeIsShort(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, strings.Count(readPage(t, "README.md"), "\n"), 200)
}

// README.ja.md has the same sections, commands and code as README.md. The test cannot compare the prose.
func TestDocs_japanese(t *testing.T) {
	t.Parallel()
	english, japanese := readPage(t, "README.md"), readPage(t, "README.ja.md")
	levels, _ := headings(english)
	translatedLevels, translated := headings(japanese)
	require.Equal(t, levels, translatedLevels, "headings: %q", translated)
	require.Equal(t, commands(english), commands(japanese))
	code := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(codeSpan.FindAllString(text, -1))))
	}
	require.Equal(t, code(english), code(japanese))
}

// The make targets that a page names exist.
func TestDocs_makeTargets(t *testing.T) {
	t.Parallel()
	makefile := readPage(t, "Makefile")
	for _, page := range pages(t) {
		for _, code := range append(commands(readPage(t, page)), codeSpan.FindAllString(readPage(t, page), -1)...) {
			match := regexp.MustCompile("^[`$ ]*make ([a-z][a-z0-9-]*)").FindStringSubmatch(code)
			if match != nil {
				require.Regexp(t, "(?m)^"+regexp.QuoteMeta(match[1])+":", makefile, "%s: %s", page, code)
			}
		}
	}
}
