package catalog

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
)

//go:embed regions.json
var regionsJSON []byte

// data is the content of regions.json, with what is derived from it.
var data = load()

type content struct {
	partitions map[string]Partition
	types      map[string]InstanceType
	regions    map[string]*Region
}

func load() content {
	var file struct {
		Partitions    map[string]Partition
		InstanceTypes map[string]InstanceType // those that do not belong to a family
		Regions       map[string]struct {
			Partition       string // "aws" if empty
			Description     string
			Zones           map[string]string   // IDs by the letter that ends the zone's name
			MissingTypes    map[string][]string // patterns of instance types by the letter of the zone that does not offer them
			MissingServices map[string][]string // letters of zones by the code of the interface service that they do not have
			PrefixLists     map[string]string   // IDs by the code of the gateway service
			Images          map[string]Image    // by ID
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(regionsJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		panic("regions.json: " + err.Error())
	}
	c := content{partitions: map[string]Partition{}, types: derivedTypes(), regions: map[string]*Region{}}
	for name, partition := range file.Partitions {
		partition.Name = name
		c.partitions[name] = partition
	}
	maps.Copy(c.types, file.InstanceTypes)
	for name, in := range file.Regions {
		r := &Region{
			name: name, description: in.Description, partition: cmp.Or(in.Partition, "aws"),
			missingTypes: in.MissingTypes, images: map[string]Image{},
		}
		for _, letter := range slices.Sorted(maps.Keys(in.Zones)) {
			r.zones = append(r.zones, Zone{Name: name + letter, ID: in.Zones[letter]})
		}
		for id, image := range in.Images {
			image.ID = id
			r.images[id] = image
		}
		r.deriveServices(in.MissingServices, in.PrefixLists)
		r.deriveImages()
		c.regions[name] = r
	}
	return c
}
