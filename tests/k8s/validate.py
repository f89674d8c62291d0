"""Checks Kubernetes objects against the schemas that the package kubernetes-validate carries.

Standard input is JSON: `versions`, such as "1.29" or "newest", and `texts`, each YAML with any number of objects. Standard output
is a JSON list of what is wrong: `object` and `what`. Objects of kinds that Kubernetes has no schema of are left out.
"""

import json
import sys

import kubernetes_validate
import yaml


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """As Kubernetes reads YAML: a key that is there twice is a mistake, and a date is a text."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)


def name(thing):
    metadata = thing.get("metadata", {})
    namespace = metadata.get("namespace")
    return f"{thing.get('kind')} {namespace + '/' if namespace else ''}{metadata.get('name')}"


def main():
    request = json.load(sys.stdin)
    versions = [kubernetes_validate.latest_version() if version == "newest" else version for version in request["versions"]]
    said = []
    for text in request["texts"]:
        try:
            objects = [thing for thing in yaml.load_all(text, Loader) if thing is not None]
        except yaml.YAMLError as error:
            said.append({"object": "(text)", "what": f"no valid YAML: {error}"})
            continue
        for thing in objects:
            for version in versions:
                # The operator's own kinds.
                if thing.get("apiVersion", "").split("/")[0].endswith(".k8s.elastic.co"):
                    continue
                try:
                    kubernetes_validate.validate(thing, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    where = ".".join(str(part) for part in error.path)
                    said.append({"object": name(thing), "what": f"Kubernetes {version}: {where}: {error.message}"})
                except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError) as error:
                    said.append({"object": name(thing), "what": f"Kubernetes {version}: {error}"})
    json.dump(said, sys.stdout)


main()
