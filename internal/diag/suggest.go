package diag

import (
	"strings"

	"github.com/agext/levenshtein"
)

// DidYouMean returns the end of a message about an unknown name, such as "; did you mean zones?", with the most similar
// of the known names. It returns "" if none is similar. Of equally similar names, it takes the first.
func DidYouMean(name string, known []string) string {
	best, similarity := "", 0.0
	for _, candidate := range known {
		if s := levenshtein.Similarity(strings.ToLower(name), strings.ToLower(candidate), nil); s > similarity {
			best, similarity = candidate, s
		}
	}
	if similarity < 0.6 {
		return ""
	}
	return "; did you mean " + best + "?"
}
