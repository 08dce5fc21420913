package awssim

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// fromProperties converts Pulumi's properties to values. Secrets are converted to their plain values.
func fromProperties(properties resource.PropertyMap) values {
	v := values{}
	for key, value := range properties {
		v[string(key)] = fromProperty(value)
	}
	return v
}

func fromProperty(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return fromProperty(value.SecretValue().Element)
	case value.IsComputed():
		return unknown{}
	case value.IsObject():
		return fromProperties(value.ObjectValue())
	case value.IsArray():
		items := []any{}
		for _, item := range value.ArrayValue() {
			items = append(items, fromProperty(item))
		}
		return items
	case value.IsAsset(), value.IsArchive():
		return assetValue{}
	}
	return value.V // nil, a bool, a number or a string
}

// toProperties converts values to Pulumi's properties.
func toProperties(v values) resource.PropertyMap {
	properties := resource.PropertyMap{}
	for key, value := range v {
		properties[resource.PropertyKey(key)] = toProperty(value)
	}
	return properties
}

func toProperty(value any) resource.PropertyValue {
	switch value := value.(type) {
	case unknown:
		return resource.MakeComputed(resource.NewProperty(""))
	case values:
		return resource.NewProperty(toProperties(value))
	case []any:
		items := []resource.PropertyValue{}
		for _, item := range value {
			items = append(items, toProperty(item))
		}
		return resource.NewProperty(items)
	}
	return resource.NewPropertyValue(value)
}

// keepSecrets converts v to properties, and marks those as secret that are secret in from.
func keepSecrets(from resource.PropertyMap, v values) resource.PropertyMap {
	to := toProperties(v)
	for key, value := range from {
		if now, ok := to[key]; ok && value.ContainsSecrets() && !now.IsSecret() {
			to[key] = resource.MakeSecret(now)
		}
	}
	if all, ok := to["tagsAll"]; ok && from["tags"].ContainsSecrets() && !all.IsSecret() {
		to["tagsAll"] = resource.MakeSecret(all)
	}
	return to
}
