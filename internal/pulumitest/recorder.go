package pulumitest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

// Map is an object in recorded values. The other types of values are List, string, bool, int, float64,
// nil, Secret and Unknown.
type Map = map[string]any

// List is an array in recorded values.
type List = []any

// Secret is a secret value.
type Secret struct{ Value any }

type unknown struct{}

// Unknown is a value that is unknown during a preview.
var Unknown = unknown{}

// Resource is a resource that a program registered.
type Resource struct {
	Type string
	Name string
	// Parent is the key of the parent, such as "aws:ec2/vpc:Vpc::network". Empty if the parent is the stack.
	Parent string
	// ReadID is the ID with which the program reads a resource that exists. Empty if it registers the resource.
	ReadID string
	// Inputs are all inputs, including unknown ones.
	Inputs Map
	// Dependencies are the keys of the resources in DependsOn and of those whose outputs are inputs. Sorted.
	Dependencies []string
	// Options are the other resource options that are set, in the form "option: value". Sorted.
	Options []string
	// Provider is the key of the provider. Empty for the default provider, and for components without a
	// provider.
	Provider string
	// PropertyDependencies maps inputs to the keys of the resources whose outputs they contain.
	// Dependencies contains these keys, too.
	PropertyDependencies map[string][]string
}

// Key returns the type and the name, in the form in which a URN ends.
func (r Resource) Key() string { return r.Type + "::" + r.Name }

// Invoke is a lookup that a program made.
type Invoke struct {
	Token    string
	Args     Map
	Provider string
}

// Answer is the answer to a lookup.
type Answer struct {
	Token string
	// Args are the exact arguments of the lookup. Nil matches any arguments.
	Args Map
	// Result is the result of the lookup. Ignored if Err is set.
	Result Map
	Err    error
}

// recorder takes the place of the engine and the provider.
type recorder struct {
	mode    Mode
	answers []Answer

	mu        sync.Mutex
	resources []Resource
	invokes   []Invoke
	exports   Map
	mistakes  []string
}

// NewResource records a resource, and returns its inputs and, in an update, its computed properties.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record := record
	if args.RegisterRPC == nil {
		record = recordRead
	}
	recorded, err := record(args)
	if err != nil {
		return "", nil, err
	}
	if args.TypeToken == exportsType {
		r.exports = recorded.Inputs
		return "", nil, nil
	}
	for _, other := range r.resources {
		if other.Key() == recorded.Key() {
			r.mistakes = append(r.mistakes, "registered twice: "+recorded.Key())
		}
	}
	r.resources = append(r.resources, recorded)
	if recorded.ReadID != "" {
		return recorded.ReadID, args.Inputs, nil // also in a preview
	}
	if !args.Custom || r.mode == Preview {
		return "", args.Inputs, nil
	}
	state := args.Inputs.Copy()
	maps.Copy(state, computed(args.TypeToken, args.Name, args.Inputs))
	return args.Name + "-id", state, nil
}

// computed returns those computed properties of a resource that the program uses.
func computed(typ, name string, inputs resource.PropertyMap) resource.PropertyMap {
	inputOr := func(key resource.PropertyKey, fallback string) string {
		if value, ok := inputs[key]; ok && value.IsString() {
			return value.StringValue()
		}
		return fallback
	}
	state := Map{"arn": "arn:of:" + name}
	switch typ {
	case "aws:iam/role:Role", "aws:iam/instanceProfile:InstanceProfile", "aws:cloudwatch/logGroup:LogGroup",
		"aws:ssm/document:Document":
		state["name"] = inputOr("name", name+"-name")
	case "aws:s3/bucketV2:BucketV2":
		state["bucket"] = name + "-bucket"
	case "aws:kms/key:Key":
		state["keyId"] = name + "-key"
	case "aws:ec2/keyPair:KeyPair":
		state["keyName"] = inputOr("keyName", name+"-key")
	case "aws:ec2/instance:Instance":
		state["privateIp"] = name + "-ip"
	case "aws:ec2/vpcEndpoint:VpcEndpoint":
		state["prefixListId"] = name + "-prefix-list"
	}
	return properties(state)
}

// Call returns the answer to a lookup.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	given := plainMap(args.Args)
	r.invokes = append(r.invokes, Invoke{Token: args.Token, Args: given, Provider: reference(args.Provider)})
	for _, answer := range slices.Backward(r.answers) {
		if answer.Token != args.Token || answer.Args != nil && !reflect.DeepEqual(answer.Args, given) {
			continue
		}
		if answer.Err != nil {
			return nil, answer.Err
		}
		return properties(answer.Result), nil
	}
	mistake := fmt.Sprintf("no answer to %s with %v", args.Token, given)
	r.mistakes = append(r.mistakes, mistake)
	return nil, fmt.Errorf("%s", mistake)
}

// record converts the request with which a resource was registered. The other arguments of a mock lack
// unknown values.
func record(args pulumi.MockResourceArgs) (Resource, error) {
	rpc := args.RegisterRPC
	inputs, err := plugin.UnmarshalProperties(rpc.GetObject(), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return Resource{}, err
	}
	recorded := Resource{
		Type:                 args.TypeToken,
		Name:                 args.Name,
		Inputs:               plainMap(inputs),
		Dependencies:         references(rpc.GetDependencies()),
		Options:              options(rpc),
		Provider:             reference(args.Provider),
		PropertyDependencies: map[string][]string{},
	}
	if resource.URN(rpc.GetParent()).QualifiedType() != resource.RootStackType {
		recorded.Parent = reference(rpc.GetParent())
	}
	for property, from := range rpc.GetPropertyDependencies() {
		if len(from.GetUrns()) > 0 {
			recorded.PropertyDependencies[property] = references(from.GetUrns())
		}
	}
	return recorded, nil
}

// recordRead converts the request with which a resource was read.
func recordRead(args pulumi.MockResourceArgs) (Resource, error) {
	rpc := args.ReadRPC
	return Resource{
		Type: args.TypeToken, Name: args.Name, Parent: reference(rpc.GetParent()), ReadID: rpc.GetId(),
		Inputs: plainMap(args.Inputs), Dependencies: references(rpc.GetDependencies()), Provider: reference(args.Provider),
	}, nil
}

func options(rpc *pulumirpc.RegisterResourceRequest) []string {
	var set []string
	add := func(when bool, name string, value any) {
		if when {
			set = append(set, fmt.Sprintf("%s: %v", name, value))
		}
	}
	// The string form of a protobuf message is not stable, so format the fields one by one.
	var aliases []string
	for _, alias := range rpc.GetAliases() {
		aliases = append(aliases, strings.TrimSpace(alias.GetUrn()+" "+alias.GetSpec().GetType()+" "+alias.GetSpec().GetName()))
	}
	add(len(aliases) > 0, "aliases", strings.Join(aliases, ", "))
	timeouts := []string{
		rpc.GetCustomTimeouts().GetCreate(), rpc.GetCustomTimeouts().GetUpdate(), rpc.GetCustomTimeouts().GetDelete(),
	}
	add(strings.Join(timeouts, "") != "", "customTimeouts", strings.Join(timeouts, ", "))
	add(rpc.GetDeletedWith() != "", "deletedWith", reference(rpc.GetDeletedWith()))
	add(rpc.GetDeleteBeforeReplaceDefined(), "deleteBeforeReplace", rpc.GetDeleteBeforeReplace())
	add(len(rpc.GetIgnoreChanges()) > 0, "ignoreChanges", strings.Join(rpc.GetIgnoreChanges(), ", "))
	add(rpc.GetImportId() != "", "import", rpc.GetImportId())
	add(rpc.Protect != nil, "protect", rpc.GetProtect())
	add(len(rpc.GetReplaceOnChanges()) > 0, "replaceOnChanges", strings.Join(rpc.GetReplaceOnChanges(), ", "))
	add(len(rpc.GetReplaceWith()) > 0, "replaceWith", strings.Join(references(rpc.GetReplaceWith()), ", "))
	add(rpc.GetReplacementTrigger() != nil, "replacementTrigger", rpc.GetReplacementTrigger().AsInterface())
	add(rpc.RetainOnDelete != nil, "retainOnDelete", rpc.GetRetainOnDelete())
	slices.Sort(set)
	return set
}

// reference returns the key of a resource from its URN, or of a provider from its URN and ID.
func reference(urn string) string {
	if urn == "" {
		return ""
	}
	parsed := resource.URN(urn)
	name, _, _ := strings.Cut(parsed.Name(), "::")
	return string(parsed.Type()) + "::" + name
}

func references(urns []string) []string {
	var all []string
	for _, urn := range urns {
		all = append(all, reference(urn))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// properties is the inverse of plainMap, for the types of values that tests use.
func properties(values Map) resource.PropertyMap {
	return resource.NewPropertyMapFromMapRepl(values, nil, func(value any) (resource.PropertyValue, bool) {
		if secret, ok := value.(Secret); ok {
			return resource.MakeSecret(resource.NewPropertyValue(secret.Value)), true
		}
		return resource.PropertyValue{}, false
	})
}

func plainMap(properties resource.PropertyMap) Map {
	values := Map{}
	for key, value := range properties {
		values[string(key)] = plain(value)
	}
	return values
}

func plain(value resource.PropertyValue) any {
	switch {
	case value.IsComputed():
		return Unknown
	case value.IsSecret():
		return Secret{plain(value.SecretValue().Element)}
	case value.IsObject():
		return plainMap(value.ObjectValue())
	case value.IsArray():
		values := List{}
		for _, element := range value.ArrayValue() {
			values = append(values, plain(element))
		}
		return values
	case value.IsNumber() && value.NumberValue() == float64(int(value.NumberValue())):
		return int(value.NumberValue())
	}
	return value.V
}

func sortResources(resources []Resource) {
	slices.SortFunc(resources, func(a, b Resource) int { return strings.Compare(a.Key(), b.Key()) })
}

// Inventory returns the keys of resources, sorted.
func Inventory(resources []Resource) []string {
	keys := []string{}
	for _, r := range resources {
		keys = append(keys, r.Key())
	}
	slices.Sort(keys)
	return keys
}

// Resource returns the resource with a key, and fails the test if there is none.
func (r *Result) Resource(t testing.TB, key string) Resource {
	t.Helper()
	for _, recorded := range r.Resources {
		if recorded.Key() == key {
			return recorded
		}
	}
	require.FailNow(t, "no "+key, "there are %q", Inventory(r.Resources))
	return Resource{}
}

// RequireResources requires that the program registered exactly these resources, with exactly these
// properties. It does not compare PropertyDependencies.
func (r *Result) RequireResources(t testing.TB, want ...Resource) {
	t.Helper()
	require.NoError(t, r.Err)
	require.Equal(t, Inventory(want), Inventory(r.Resources))
	for _, wanted := range want {
		got := r.Resource(t, wanted.Key())
		got.PropertyDependencies = nil
		slices.Sort(wanted.Dependencies)
		slices.Sort(wanted.Options)
		if wanted.Inputs == nil {
			wanted.Inputs = Map{}
		}
		require.Equal(t, wanted, got, wanted.Key())
	}
}

// RequireProvider requires that all AWS resources and lookups use the provider with this key.
func (r *Result) RequireProvider(t testing.TB, key string) {
	t.Helper()
	require.NoError(t, r.Err)
	for _, recorded := range r.Resources {
		if strings.HasPrefix(recorded.Type, "aws:") {
			require.Equal(t, key, recorded.Provider, recorded.Key())
		}
	}
	for _, invoke := range r.Invokes {
		require.Equal(t, key, invoke.Provider, invoke.Token)
	}
}
