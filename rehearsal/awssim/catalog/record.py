"""Writes recorded.json.gz, what AWS offers in each Region, from two pinned packages of PyPI. Run it with `make catalogue`.

moto contains answers of AWS: of DescribeInstanceTypes and DescribeInstanceTypeOfferings, of Systems Manager's public
parameters, and the AWS managed policies. The AWS CDK contains the names of the endpoint services. Neither says in which Regions and zones AWS
offers an endpoint service.

The script reads the packages and does not install them. Its output depends only on their versions.
"""

import ast
import collections
import gzip
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGES = {"moto": "5.2.1", "aws-cdk-lib": "2.275.0"}

OUTPUT = pathlib.Path(__file__).with_name("recorded.json.gz")

# The partitions that the simulated AWS supports.
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


def download(package, directory):
    """Downloads a package and returns it as a zip file."""
    requirement = f"{package}=={PACKAGES[package]}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", directory]
    subprocess.run([*command, requirement], check=True)
    (wheel,) = pathlib.Path(directory).glob(package.replace("-", "_") + "-*.whl")
    return zipfile.ZipFile(wheel)


def source(package, wheel):
    """Names a package, its version and the day of its release, which is the latest date of its files."""
    year, month, day, *_ = max(entry.date_time for entry in wheel.infolist())
    return {"package": package, "version": PACKAGES[package], "date": f"{year}-{month:02}-{day:02}"}


def resource(moto, path):
    """Reads a resource of moto."""
    return json.loads(gzip.decompress(moto.read(f"moto/{path}.json.gz")))


def regions(moto):
    """Returns the Regions with their zone IDs, from Systems Manager's public parameters."""
    infrastructure = resource(moto, "ssm/resources/regions")["aws"]["service"]["global-infrastructure"]["regions"]
    return {
        name: {
            "description": region["longName"]["Value"],
            "partition": region["partition"]["Value"],
            "zoneIds": sorted(region["availability-zones"]),
        }
        for name, region in sorted(infrastructure.items())
        if region["partition"]["Value"] in PARTITIONS
    }


def instance_types(moto):
    """Returns the instance types, from DescribeInstanceTypes."""
    return {
        name: {
            "architectures": described["ProcessorInfo"]["SupportedArchitectures"],
            "ebsOptimized": described["EbsInfo"]["EbsOptimizedSupport"],
            "vcpus": described["VCpuInfo"]["DefaultVCpus"],
            "memoryMiB": described["MemoryInfo"]["SizeInMiB"],
        }
        for name, described in sorted(resource(moto, "ec2/resources/instance_types").items())
    }


def offerings(moto, kind, region):
    """Returns the instance types by location, from DescribeInstanceTypeOfferings."""
    types = collections.defaultdict(set)
    for offering in resource(moto, f"ec2/resources/instance_type_offerings/{kind}/{region}"):
        types[offering["Location"]].add(offering["InstanceType"])
    return types


def add_offerings(moto, name, region):
    """Adds a Region's zones and the letters of the zones that offer each instance type."""
    by_name, by_id = offerings(moto, "availability-zone", name), offerings(moto, "availability-zone-id", name)
    # The two answers are from the same account, so a zone has the ID with the same instance types.
    region["zones"], unused = {}, sorted(by_id)
    for zone in sorted(by_name):
        zone_id = next(i for i in unused if by_id[i] == by_name[zone])
        unused.remove(zone_id)
        region["zones"][zone.removeprefix(name)] = zone_id
    if unused:
        sys.exit(f"{name}: no zone has the ID of {unused}")
    region["instanceTypes"] = {
        instance_type: "".join(zone.removeprefix(name) for zone in sorted(by_name) if instance_type in by_name[zone])
        for instance_type in sorted(set().union(*by_name.values()))
    }


def add_images(moto, name, region):
    """Adds the public parameters of Amazon Linux and the images that they contain."""
    prefix = "/aws/service/ami-amazon-linux-latest/"
    parameters = {p["Name"]: p["Value"] for p in resource(moto, f"ssm/resources/ami-amazon-linux-latest/{name}")}
    region["imageParameters"] = {key.removeprefix(prefix): parameters[key] for key in sorted(parameters)}
    images = {image["ami_id"]: image for image in resource(moto, f"ec2/resources/latest_amis/{name}")}
    region["images"] = {key: {"name": images[key]["name"], "architecture": images[key]["architecture"]} for key in sorted(images)}


def cdk_source(cdk):
    """Returns the file of the AWS CDK that contains the names of the endpoint services."""
    (package,) = (name for name in cdk.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(cdk.read(package))) as archive:
        return archive.extractfile("package/aws-ec2/lib/vpc-endpoint.js").read().decode()


def services(moto, cdk):
    """Returns the codes of the interface endpoint services. Services whose names have another form are left out."""
    tree = ast.parse(moto.read("moto/ec2/models/vpcs.py"))
    codes = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "AWS_ENDPOINT_SERVICES":
            codes.update(ast.literal_eval(node.value))
    # Such as ("ssm"), ("cassandra","",9142) and ("notebook","aws.sagemaker").
    for code, prefix in re.findall(r'new InterfaceVpcEndpointAwsService\("([^"]+)"(?:,"([^"]*)")?', cdk):
        if not prefix:
            codes.add(code)
    return sorted(codes)


def managed_policies(moto):
    """Returns the paths and names of the AWS managed policies that can be attached to a role."""
    tree = ast.parse(moto.read("moto/iam/aws_managed_policies.py"))
    (data,) = (ast.literal_eval(node.value) for node in tree.body
               if isinstance(node, ast.Assign) and node.targets[0].id == "aws_managed_policies_data")
    names = (policy["Path"].removeprefix("/") + name for name, policy in json.loads(data).items())
    # The others are for service-linked roles, and for tasks of the root user.
    return sorted(name for name in names if not name.startswith(("aws-service-role/", "root-task/")))


def other_names(cdk, regions):
    """Returns the services of a Region whose names do not have the usual form: the name by the code."""
    def table(function):
        body = cdk[cdk.index(f"{function}(name,region)" + "{"):]
        return json.loads(re.search(r'\{("[a-z0-9-]+":\[[^]]*\],?)+\}', body).group())

    prefixed, suffixed = table("getDefaultEndpointPrefix"), table("getDefaultEndpointSuffix")
    prefix = {"aws-cn": "cn.com.amazonaws"}
    names = {}
    for name, region in regions.items():
        codes = sorted({*prefixed.get(name, []), *suffixed.get(name, [])})
        for code in codes:
            start = prefix[region["partition"]] if code in prefixed.get(name, []) else "com.amazonaws"
            end = ".cn" if code in suffixed.get(name, []) else ""
            names.setdefault(name, {})[code] = f"{start}.{name}.{code}{end}"
    return names


def main():
    with tempfile.TemporaryDirectory() as directory:
        moto, cdk = (download(package, directory) for package in PACKAGES)
        sources = [source(package, wheel) for package, wheel in zip(PACKAGES, (moto, cdk))]
        recorded = regions(moto)
        for name, region in recorded.items():
            if f"moto/ec2/resources/instance_type_offerings/availability-zone/{name}.json.gz" in moto.namelist():
                add_offerings(moto, name, region)
                add_images(moto, name, region)
        names = cdk_source(cdk)
        content = {
            "sources": sources,
            "instanceTypes": instance_types(moto),
            "managedPolicies": managed_policies(moto),
            "services": services(moto, names),
            "otherServiceNames": other_names(names, recorded),
            "regions": recorded,
        }
    data = json.dumps(content, indent=0, separators=(",", ":"), sort_keys=True).encode()
    # mtime=0: the same content gives the same bytes.
    OUTPUT.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{OUTPUT.name}: {len(recorded)} Regions, {len(content['instanceTypes'])} instance types, "
          f"{len(content['services'])} endpoint services, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
