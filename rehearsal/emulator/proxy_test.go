package emulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is between the AWS CLI and moto. It records operations, and can throttle, deny or answer them itself.
type proxy struct {
	*httptest.Server
	mu sync.Mutex
	// operations are those that the CLI requested, such as "DescribeVpcs", with repetitions.
	operations []string
	// throttle is how many more requests of an operation are throttled.
	throttle map[string]int
	// deny contains operations for which the caller lacks the permission.
	deny map[string]bool
	// unfiltered contains operations of EC2 whose filters moto does not have. moto then returns all objects.
	unfiltered map[string]bool
	// answers are JSON answers of operations that moto does not have.
	answers map[string]string
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	parsed, err := url.Parse(target)
	require.NoError(t, err)
	p := &proxy{throttle: map[string]int{}, deny: map[string]bool{}, unfiltered: map[string]bool{}, answers: map[string]string{}}
	// moto verifies signatures, which cover the host that the CLI sees. This kind of proxy does not change it.
	moto := httputil.NewSingleHostReverseProxy(parsed)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.answer(w, r) {
			moto.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// operationOf returns the operation of a request, in each of the protocols of AWS that the CLI uses here.
func operationOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	if strings.Contains(r.URL.Path, "/operation/") {
		return path.Base(r.URL.Path)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "unreadable"
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
		return form.Get("Action")
	}
	if r.Method == http.MethodGet && r.URL.Path == "/" {
		return "ListBuckets"
	}
	return r.Method + " " + r.URL.Path
}

// answer records a request, and reports whether it answered it.
func (p *proxy) answer(w http.ResponseWriter, r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	operation := operationOf(r)
	p.operations = append(p.operations, operation)
	const failed = "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>1</RequestID></Response>"
	switch {
	case p.throttle[operation] > 0:
		p.throttle[operation]--
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, failed, "RequestLimitExceeded", "Request limit exceeded.")
	case p.deny[operation]:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, failed, "UnauthorizedOperation", "You are not authorized to perform this operation.")
	case p.answers[operation] != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, p.answers[operation])
	case p.unfiltered[operation]:
		removeFilters(r)
		return false
	default:
		return false
	}
	return true
}

// removeFilters removes the filters from a request to EC2, whose body operationOf has read.
func removeFilters(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	for name := range form {
		if strings.HasPrefix(name, "Filter.") {
			form.Del(name)
		}
	}
	filtered := form.Encode()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(filtered)), int64(len(filtered))
	r.Header.Del("Content-Length")
}

// requested returns the operations that were requested since the last call, sorted and without repetitions.
func (p *proxy) requested() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	operations := p.operations
	p.operations = nil
	slices.Sort(operations)
	return slices.Compact(operations)
}

// count returns how often an operation was requested since the last call of requested.
func (p *proxy) count(operation string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	count := 0
	for _, o := range p.operations {
		if o == operation {
			count++
		}
	}
	return count
}
